/**
 * Git between this machine and a forge, through a bare repository of our own that works on the objects of the local one.
 *
 * An agent can write into the configuration of the repository that it works in, and git would obey that: send what we sign
 * in with elsewhere, fetch from elsewhere, or run a program. Configuration, refs, replacements and grafts here are ours
 * alone; of the local repository only the objects are used. The password is handed over on a descriptor that only git and
 * its children have: it is in no argument, no variable, no file and no address.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { refOf } from '../../domain/names.ts';
import type { Forge } from '../../integrations/forge.ts';
import { OutsideError } from '../../integrations/outside.ts';
import { gitIn } from '../git.ts';
import { inTurn } from '../in-turn.ts';
import { repositoryOf } from '../repository.ts';

/** The repository at the forge, and the local one. */
export interface RelayPlace {
  /** The directory of all relays. */
  directory: string;
  forge: Pick<Forge, 'name' | 'cloneUrl' | 'credentials'>;
  /** At the forge: `owner/name`. */
  remote: string;
  /** The local one: an absolute path. */
  repository: string;
}

const timeLimitMs = 600_000;
/** Nothing in it comes from outside: git reads user and password from the descriptor that it was given. */
const helper = '!f() { test "$1" = get && cat <&3; }; f';
const settings = [
  'credential.helper=',
  `credential.helper=${helper}`,
  'core.hooksPath=/dev/null',
  'core.askPass=true',
  // Repositories from which the local one borrows are not asked, and what is computed beforehand is not believed.
  'core.alternateRefsCommand=true',
  'core.commitGraph=false',
  'protocol.ext.allow=never',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
  'gc.auto=0',
  'maintenance.auto=false',
].flatMap(setting => ['-c', setting]);

/** Brings a branch of the forge here. Answers its commit, undefined when there is no such branch. Throws `OutsideError`. */
export function fetchBranch(place: RelayPlace, branch: string): Promise<string | undefined> {
  return withRelay(place, async relay => {
    const ref = `refs/heads/${branch}`;
    const { code, stderr } = await relay(['fetch', '--quiet', '--no-tags', url(place), `+${ref}:${ref}`]);
    if (code !== 0 && /couldn't find remote ref/.test(stderr)) return undefined;
    if (code !== 0) throw failure(place, stderr);
    // Asked here, where no agent can have moved it.
    const { stdout } = await relay(['rev-parse', '--verify', `${ref}^{commit}`]);
    const sha = stdout.trim();
    await gitIn(place.repository)(['update-ref', refOf(branch, place.forge.name), sha]);
    return sha;
  });
}

/** Whether a commit is part of the history of another, whatever the local repository replaces or grafts. */
export function holds(place: RelayPlace, { commit, tip }: { commit: string; tip: string }): Promise<boolean> {
  return withRelay(place, async relay => (await relay(['merge-base', '--is-ancestor', commit, tip])).code === 0);
}

/**
 * Brings a commit to a branch of the forge; never by force, so nothing of others is lost. Throws `OutsideError`, `conflict`
 * when the branch there holds what is not in the commit.
 */
export function pushBranch(place: RelayPlace, branch: string, sha: string): Promise<void> {
  return withRelay(place, async relay => {
    const { code, stderr } = await relay(['push', '--quiet', '--no-verify', url(place), `${sha}:refs/heads/${branch}`]);
    if (code === 0) return;
    if (/\[rejected\]|non-fast-forward|fetch first/.test(stderr)) {
      throw new OutsideError(
        'conflict',
        `somebody else has pushed to ${branch}; what was published here is not on top of that`,
      );
    }
    throw failure(place, stderr);
  });
}

const url = ({ forge, remote }: RelayPlace) => forge.cloneUrl(remote);

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

type Relay = (args: readonly string[]) => Promise<Answer>;

async function withRelay<T>(place: RelayPlace, work: (relay: Relay) => Promise<T>): Promise<T> {
  const name = createHash('sha256').update(`${place.forge.name}\0${place.remote}\0${place.repository}`).digest('hex');
  const directory = join(place.directory, `${name.slice(0, 32)}.git`);
  return inTurn(directory, async () => {
    const objects = await prepare(place, directory);
    const run = (args: readonly string[]) => runGit({ directory, objects }, args, place.forge.credentials);
    return work(async args => {
      const answer = await run(args);
      if (answer.code === 0 || !isLeftOver.test(answer.stderr)) return answer;
      rmSync(directory, { recursive: true, force: true });
      await prepare(place, directory);
      return run(args);
    });
  });
}

/** What git says of what another one has left that was killed. All that a relay holds is what it can be told again. */
const isLeftOver = /\.lock': File exists|reference broken|bad object|did not send all necessary objects/;

/** Makes the relay. Answers where the objects of the local repository are by now. */
async function prepare({ directory: parent, repository }: RelayPlace, directory: string): Promise<string> {
  if (!existsSync(join(directory, 'config'))) {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    await gitIn(parent)(['init', '--quiet', '--bare', '--template=', '--', directory]);
  }
  return (await repositoryOf(gitIn(repository))).objects;
}

async function runGit(
  { directory, objects }: { directory: string; objects: string },
  args: readonly string[],
  { username, password }: Forge['credentials'],
): Promise<Answer> {
  const secret = new TextEncoder().encode(`username=${username}\npassword=${password}\n`);
  const { exitCode, stdout, stderr, timedOut } = await execa('git', [...settings, ...args], {
    cwd: directory,
    env: { ...environment(), GIT_DIR: directory, GIT_OBJECT_DIRECTORY: objects },
    extendEnv: false,
    reject: false,
    stdio: ['ignore', 'pipe', 'pipe', secret],
    timeout: timeLimitMs,
  });
  const words = timedOut ? 'unable to access: it took too long' : String(stderr).replaceAll(password, '***');
  return { code: exitCode ?? 1, stdout: String(stdout), stderr: words };
}

/** Neither the user's settings nor what the orchestrator knows: only where programs, proxies and certificates are. */
function environment(): Record<string, string> {
  const kept = ['PATH', 'TMPDIR', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];
  const entries = kept.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]!] as const]));
  const authorities = process.env.GIT_SSL_CAINFO ?? process.env.NODE_EXTRA_CA_CERTS;
  return {
    ...Object.fromEntries(entries),
    ...(authorities !== undefined && { GIT_SSL_CAINFO: authorities }),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** Git's words as a forge's: what the network or the server does passes, what it is told does not. */
function failure({ forge, remote }: RelayPlace, stderr: string): OutsideError {
  const said = saidIn(stderr);
  const [, status] = /returned error: (\d{3})/.exec(stderr) ?? [];
  const words = `git cannot reach ${remote} at ${forge.name}: ${said}`;
  if (status === '401' || /Authentication failed|could not read (?:Username|Password)/i.test(stderr)) {
    return new OutsideError('unauthorized', `${forge.name} does not take the token for ${remote}`);
  }
  if (status === '403') return new OutsideError('forbidden', `the account may not do that in ${remote}: ${said}`);
  if (status === '404' || /repository .* not found/i.test(stderr)) return new OutsideError('notFound', words);
  if (/\[remote rejected\]|pre-receive hook declined|protected branch/.test(stderr)) {
    return new OutsideError('forbidden', `${forge.name} does not take the push: ${said}`);
  }
  return new OutsideError('unreachable', words);
}

const longestWords = 300;

/** What the server says where it says something, else git's last word that is more than that it failed. */
function saidIn(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map(line => line.replaceAll(/\p{Cc}/gu, '').trim());
  // Some versions of Gitea say `error:` once more, and once without anything behind it.
  const remote = lines
    .filter(line => line.startsWith('remote:'))
    .map(line => line.replace(/^remote:(?:\s*error:)*/, '').trim())
    .filter(line => line !== '');
  const own = lines.filter(line => line !== '' && !line.includes('failed to push some refs')).slice(-1);
  const words = remote.length > 0 ? remote : own.map(line => line.replace(/^(?:fatal|error): /, ''));
  return words.join(' ').slice(0, longestWords);
}
