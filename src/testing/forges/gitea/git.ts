/** The git of a fake Gitea: bare repositories, changed the way a server changes them. Needs git 2.38 or newer. */
import { execFile, spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Nobody's own configuration has a say in it. */
export const gitEnvironment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
};

export async function git(directory: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: directory, env: gitEnvironment, maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/** The commit of a ref, or undefined. */
export async function shaOf(directory: string, ref: string): Promise<string | undefined> {
  try {
    return await git(directory, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);
  } catch {
    return undefined;
  }
}

export const branchSha = (directory: string, branch: string) => shaOf(directory, `refs/heads/${branch}`);

/** All refs with their commits. */
export async function refsOf(directory: string): Promise<Map<string, string>> {
  const lines = (await git(directory, 'for-each-ref', '--format=%(refname) %(objectname)')).split('\n');
  return new Map(lines.filter(Boolean).map(line => line.split(' ') as [string, string]));
}

export async function initBare(directory: string, defaultBranch: string): Promise<void> {
  await run('git', ['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`, directory], {
    env: gitEnvironment,
  });
  // A ref of a pull request is written by the server alone.
  await git(directory, 'config', 'receive.hideRefs', 'refs/pull');
  await git(directory, 'config', 'http.receivepack', 'true');
}

export interface Committed {
  branch: string;
  files: Files;
  message: string;
  author: { name: string; email: string };
  /** Where a new branch begins; undefined for one without anything before it. */
  from?: string | undefined;
}

/** Commits files to a branch. Answers the commit. */
export async function commitFiles(directory: string, wanted: Committed): Promise<string> {
  const { branch, files, message, author, from } = wanted;
  const parent = (await branchSha(directory, branch)) ?? (from && (await branchSha(directory, from)));
  const parts: (string | Uint8Array)[] = [
    `commit refs/heads/${branch}\n`,
    `committer ${author.name} <${author.email}> ${Math.floor(Date.now() / 1_000)} +0000\n`,
    ...data(message),
    ...(parent ? [`from ${parent}\n`] : []),
    ...Object.entries(files).flatMap(([path, content]) => [
      `M 100644 inline ${JSON.stringify(path)}\n`,
      ...data(content),
    ]),
  ];
  const child = spawn('git', ['fast-import', '--quiet', '--force'], { cwd: directory, env: gitEnvironment });
  const [, errors, status] = await Promise.all([
    child.stdin.end(Buffer.concat(parts.map(part => Buffer.from(part)))),
    buffer(child.stderr),
    new Promise<number | null>(resolve => child.on('close', resolve)),
  ]);
  if (status !== 0) throw new Error(`git fast-import failed: ${errors.toString('utf8')}`);
  return (await branchSha(directory, branch))!;
}

const data = (content: string | Uint8Array) => {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
};

/** The tree of a merge; undefined when the two conflict. */
export async function mergedTree(directory: string, base: string, head: string): Promise<string | undefined> {
  try {
    return (await git(directory, 'merge-tree', '--write-tree', base, head)).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** Merges with a merge commit; undefined when the two conflict. */
export async function merge(
  directory: string,
  wanted: { base: string; head: string; message: string; author: { name: string; email: string } },
): Promise<string | undefined> {
  const { base, head, message, author } = wanted;
  const before = (await branchSha(directory, base))!;
  const tree = await mergedTree(directory, before, head);
  if (!tree) return undefined;
  const identity = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`];
  const commit = await git(directory, ...[...identity, 'commit-tree', tree, '-p', before, '-p', head, '-m', message]);
  await git(directory, 'update-ref', `refs/heads/${base}`, commit, before);
  return commit;
}

/** Commits of `head` that are not in `base`. */
export async function countAhead(directory: string, base: string, head: string): Promise<number> {
  return Number(await git(directory, 'rev-list', '--count', `${base}..${head}`));
}

export const mergeBase = async (directory: string, base: string, head: string): Promise<string> => {
  try {
    return await git(directory, 'merge-base', base, head);
  } catch {
    return '';
  }
};

/** The bytes of a file; undefined when it is no file. */
export async function fileAt(directory: string, ref: string, path: string): Promise<Buffer | undefined> {
  try {
    const type = await git(directory, 'cat-file', '-t', `${ref}:${path}`);
    if (type !== 'blob') return undefined;
    const options = { cwd: directory, env: gitEnvironment, encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
    return (await run('git', ['cat-file', 'blob', `${ref}:${path}`], options)).stdout;
  } catch {
    return undefined;
  }
}
