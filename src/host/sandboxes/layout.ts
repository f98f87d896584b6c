/**
 * What a sandboxed program sees, as places: each is covered, readable or writable. Where places lie inside each other the
 * longest path wins, so a mount of a whole disk does not show the data directory on it, and the worktree inside the data
 * directory is there all the same. Paths are real ones: a symbolic link could be turned between two runs.
 */
import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { SandboxSpec } from '../../domain/agent-spec.ts';
import { SignalboxError } from '../../domain/errors.ts';
import type { SandboxRequest } from '../sandbox.ts';

export interface Place {
  path: string;
  view: 'covered' | 'readable' | 'writable';
  /** What appears there; `path` itself, except for the home. */
  source: string;
}

/** What this specification asks of a driver that cannot do it, in a sentence with the remedy; null when all is well. */
export function unsupported({ driver, network, cpus, memoryMb }: SandboxSpec): string | null {
  if (driver === 'none' && !network) {
    return 'Without a sandbox the network cannot be taken away; choose the driver bubblewrap or docker, or network: true.';
  }
  if (driver !== 'docker' && (cpus !== null || memoryMb !== null)) {
    return `The sandbox driver ${driver} limits neither processors nor memory; choose docker, or leave the limits out.`;
  }
  return null;
}

/** Whether `path` is `root` or lies inside it. */
export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}

/** Whether what lies at a path is mounted into a sandbox, at the same path. */
export const isMounted = ({ mounts }: SandboxSpec, path: string): boolean =>
  mounts.some(mount => isWithin(realPath(mount.path), realPath(path)));

/** The real path of what exists of a path, with the rest appended: a prompt may be written after the command line. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

export interface Layout {
  /** Outer places before inner ones, one per path. */
  places: Place[];
  cwd: string;
  /** Where the program has its home: the real path of `HOME`. */
  home: string;
}

/**
 * The places of a request beside what the driver covers and shows by itself. Makes the home. Throws `invalid` for paths
 * that are relative, missing or in conflict.
 */
export function layoutOf(request: SandboxRequest, own: Pick<Place, 'path' | 'view'>[] = []): Layout {
  const { spec, argv, env, readable, writable, hidden } = request;
  if (argv.length === 0) throw new SignalboxError('invalid', 'badSandbox', 'There is no program to run in a sandbox.');
  const homePath = env.HOME ?? request.home;
  const mounts = spec.mounts.map(mount => mount.path);
  for (const path of [request.cwd, request.home, homePath, ...readable, ...writable, ...hidden, ...mounts]) {
    if (!isAbsolute(path) || resolve(path) === '/') {
      throw new SignalboxError(
        'invalid',
        'badSandbox',
        `A sandbox needs absolute paths below the root directory; got ${path}.`,
      );
    }
  }
  mkdirSync(request.home, { recursive: true, mode: 0o700 });
  const cwd = realPath(request.cwd);
  const home = realPath(homePath);
  const places = new Map<string, Place>();
  const put = (view: Place['view'], path: string, source = path) => places.set(path, { path, view, source });

  // Of two claims on one path the later one counts.
  for (const { path, view } of own) if (existsSync(path)) put(view, realPath(path));
  for (const path of hidden) if (existsSync(path)) put('covered', realPath(path));
  for (const path of readable) put('readable', realPath(path));
  for (const path of writable) {
    for (const guarded of guardedIn(realPath(path), [cwd, ...writable.map(realPath)])) put(guarded.view, guarded.path);
  }
  put('writable', home, realPath(request.home));
  for (const { path, isWritable } of spec.mounts) {
    if (!existsSync(path)) throw new SignalboxError('invalid', 'badSandbox', `The mount ${path} is not there.`);
    const real = realPath(path);
    const secret = hidden.map(realPath).find(directory => isWithin(directory, real));
    if (secret !== undefined) {
      throw new SignalboxError(
        'invalid',
        'badSandbox',
        `The mount ${path} lies in ${secret}, which an agent must not see.`,
      );
    }
    put(isWritable ? 'writable' : 'readable', real);
  }
  for (const path of writable) put('writable', realPath(path));
  put('writable', cwd);

  const sorted = [...places.values()].sort((a, b) => depth(a.path) - depth(b.path));
  for (const { path } of sorted) if (isWithin(home, path)) refuseLinks(realPath(request.home), relative(home, path));
  return { places: sorted, cwd: realPath(request.startIn ?? request.cwd), home };
}

/** The innermost of the places in which a path lies. */
export function placeOf(places: readonly Place[], path: string): Place | undefined {
  return places.findLast(place => isWithin(place.path, path));
}

const depth = (path: string) => path.split(sep).length;

/**
 * What stays read-only in a git directory that is writable. Whoever writes hooks or settings there has programs run by the
 * next person who uses git in that repository, outside of every sandbox. And one run has no business with the worktrees
 * of others, or with turning the directory of its own into a link to somewhere else.
 */
function guardedIn(directory: string, writable: readonly string[]): Pick<Place, 'path' | 'view'>[] {
  const isCommon = ['HEAD', 'objects', 'refs'].every(name => existsSync(join(directory, name)));
  if (!isCommon) return [];
  const guarded: Pick<Place, 'path' | 'view'>[] = [];
  const hooks = join(directory, 'hooks');
  // Nothing to show, but something could be put there.
  guarded.push({ path: hooks, view: existsSync(hooks) ? 'readable' : 'covered' });
  const config = join(directory, 'config');
  if (existsSync(config)) guarded.push({ path: config, view: 'readable' });
  const worktrees = join(directory, 'worktrees');
  // Without a worktree's directory of its own the run would be left with none that it can write.
  if (writable.some(path => path !== worktrees && isWithin(worktrees, path))) {
    guarded.push({ path: worktrees, view: 'readable' });
  }
  return guarded;
}

/**
 * Throws `invalid` when a link is on the way. The home is written by the agent, and whoever makes places in it before the
 * sandbox is closed would follow a link that an earlier run has left there, with all rights.
 */
export function refuseLinks(root: string, way: string): void {
  let current = root;
  for (const part of way.split(sep).filter(Boolean)) {
    current = join(current, part);
    if (linkAt(current) !== undefined) {
      throw new SignalboxError(
        'invalid',
        'badSandbox',
        `${current} is a symbolic link where the sandbox shows a directory: remove it.`,
      );
    }
  }
}

/** Where the link at this path leads, as it is written; undefined when there is no link. */
export function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The symbolic links that are passed on the way to a path, each at its own real place. */
export function linksOn(path: string): { at: string; to: string }[] {
  const links: { at: string; to: string }[] = [];
  let current = '/';
  for (const part of path.split(sep).filter(Boolean)) {
    const at = join(current, part);
    current = at;
    if (linkAt(at) === undefined) continue;
    current = realPath(at);
    links.push({ at, to: current });
  }
  return links;
}
