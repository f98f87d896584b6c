/** Real git against a forge, the way Signalbox pushes: over HTTP, with the credentials in no address and no file. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Forge } from '../../../src/integrations/forge.ts';

export type Files = Readonly<Record<string, string>>;

/** Runs git as the account of this forge. */
async function gitOf(forge: Forge, cwd: string, args: readonly string[]): Promise<string> {
  const { username, password } = forge.credentials;
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const { stdout } = await execa('git', args, {
    cwd,
    env: {
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Maria',
      GIT_AUTHOR_EMAIL: 'maria@example.test',
      GIT_COMMITTER_NAME: 'Maria',
      GIT_COMMITTER_EMAIL: 'maria@example.test',
    },
  });
  return stdout.trim();
}

/** Commits files to a branch, which begins where `from` is when it is new, and pushes it. Answers the commit. */
export async function pushFiles(
  forge: Forge,
  repository: string,
  wanted: { branch: string; files: Files; from?: string; message?: string },
): Promise<string> {
  const { branch, files, from = 'main', message = `Change ${Object.keys(files).join(', ')}` } = wanted;
  const directory = await mkdtemp(join(tmpdir(), 'forge-git-'));
  const git = (...args: string[]) => gitOf(forge, directory, args);
  try {
    await git('clone', '--quiet', forge.cloneUrl(repository), '.');
    const isThere = (await git('ls-remote', 'origin', `refs/heads/${branch}`)) !== '';
    await git('checkout', '--quiet', '-B', branch, `origin/${isThere ? branch : from}`);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    await git('add', '--all');
    await git('commit', '--quiet', '--message', message);
    await git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
    return await git('rev-parse', 'HEAD');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The parents of a commit and its message, as a fresh clone has them. */
export async function commitOf(forge: Forge, repository: string, sha: string) {
  const directory = await mkdtemp(join(tmpdir(), 'forge-git-'));
  try {
    await gitOf(forge, directory, ['clone', '--quiet', '--bare', forge.cloneUrl(repository), '.']);
    const shown = await gitOf(forge, directory, ['show', '--no-patch', '--format=%P%n%B', sha]);
    const [parents = '', ...message] = shown.split('\n');
    return { parents: parents.split(' '), message: message.join('\n').trim() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
