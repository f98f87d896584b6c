/**
 * Branches, tags and what else has a name, read from the files in which git keeps them (gitrepository-layout(5), git-pack-refs(1)):
 * to ask git takes a process, and a task wants to know ten times where something stands. Where git keeps them otherwise, or there are
 * very many, git is asked.
 */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryTo } from '../domain/try-to.ts';
import { type Git, notedGitDirs } from './git.ts';
import { readPlain } from './paths.ts';
import { repositoryOf } from './repository.ts';

/** Commits or other objects by full names. */
export type Refs = Record<string, string>;

/** More of them, or more than this of packed ones, is quicker asked than read. */
const mostFiles = 2_000;
const mostPackedBytes = 2_000_000;
const object = /^[0-9a-f]{40,64}$/;
/** Names that stand for one ref and nothing else: no `..`, `^`, `@{` and the like (git-check-ref-format(1)). */
const plainName = /^refs\/(?:heads|remotes)(?:\/(?!\.)[^\s/~^:?*[\\]+(?<!\.lock))+$/;

/** Everything under these names, each with what it stands for; a name may be that of one ref. */
export async function refsUnder(git: Git, names: readonly string[]): Promise<Refs> {
  return read(await commonOf(git), names) ?? ask(git, names);
}

/** The commit behind a name, or undefined when there is none. */
export async function resolveCommit(git: Git, name: string): Promise<string | undefined> {
  if (plainName.test(name) && !name.includes('..') && !name.includes('@{')) {
    const refs = read(await commonOf(git), [name]);
    if (refs !== undefined) return refs[name];
  }
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { code, stdout } = await git.result(named);
  return code === 0 ? stdout.trim() : undefined;
}

/** The commit that a worktree of ours has checked out; undefined where that is not plain to see. */
export async function headOf(git: Git): Promise<string | undefined> {
  const own = notedGitDirs(git.directory)?.own;
  const text = own && readPlain(join(own, 'HEAD'))?.toString('utf8').trim();
  if (!text || object.test(text)) return text || undefined;
  const branch = /^ref: (refs\/heads\/.+)$/.exec(text)?.[1];
  return branch === undefined ? undefined : resolveCommit(git, branch);
}

const commonOf = async (git: Git) => notedGitDirs(git.directory)?.common ?? (await repositoryOf(git)).common;

async function ask(git: Git, names: readonly string[]): Promise<Refs> {
  const lines = (await git(['for-each-ref', '--format=%(refname) %(objectname)', ...names])).split('\n');
  return Object.fromEntries(lines.filter(line => line !== '').map(line => line.split(' ') as [string, string]));
}

function read(common: string, names: readonly string[]): Refs | undefined {
  if (existsSync(join(common, 'reftable'))) return undefined;
  // These first: one that is packed in this moment is among the packed ones before its file goes.
  const files = names.flatMap(name => filesUnder(common, name));
  if (files.length > mostFiles) return undefined;
  const loose = files.map(name => [name, textAt(join(common, name)).trim()] as const);
  const packed = join(common, 'packed-refs');
  const stat = lstatSync(packed, { throwIfNoEntry: false });
  if (stat !== undefined && (stat.isSymbolicLink() || stat.size > mostPackedBytes)) return undefined;
  const all = new Map([...packedIn(textAt(packed), names), ...loose.filter(([, text]) => text !== '')]);
  const refs: Refs = {};
  for (const name of all.keys()) {
    const stands = standsFor(all, common, name);
    if (stands !== undefined) refs[name] = stands;
  }
  return refs;
}

function filesUnder(common: string, name: string): string[] {
  try {
    return readdirSync(join(common, name), { withFileTypes: true })
      .filter(entry => !entry.name.endsWith('.lock'))
      .flatMap(entry => {
        const below = `${name}/${entry.name}`;
        return entry.isDirectory() ? filesUnder(common, below) : [below];
      });
  } catch (error) {
    // Of one ref; else git has removed a folder that was empty.
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [name] : [];
  }
}

const mostKept = 20_000;
/** What is so old when it is read cannot be changed any more without having another time. */
const settledNs = 100_000_000n;
const texts = new Map<string, { stamp: string; text: string }>();

/**
 * What is in a file, which is read again where its inode says that it was touched since. Empty for what was packed, or taken away, in
 * this moment.
 */
function textAt(file: string): string {
  const stat = tryTo(() => lstatSync(file, { bigint: true }));
  if (stat?.isFile() !== true) return '';
  const stamp = `${stat.dev} ${stat.ino} ${stat.size} ${stat.ctimeNs}`;
  const known = texts.get(file);
  if (known?.stamp === stamp) return known.text;
  const text = readPlain(file)?.toString('utf8') ?? '';
  texts.delete(file);
  if (BigInt(Date.now()) * 1_000_000n - stat.ctimeNs > settledNs) texts.set(file, { stamp, text });
  if (texts.size > mostKept) texts.clear();
  return text;
}

const packedIn = (text: string, names: readonly string[]): (readonly [string, string])[] =>
  text.split('\n').flatMap(line => {
    const [stands = '', name = ''] = line.split(' ');
    return names.some(one => name === one || name.startsWith(`${one}/`)) ? [[name, stands]] : [];
  });

/** One may stand for another, as `refs/remotes/origin/HEAD` does. */
function standsFor(all: ReadonlyMap<string, string>, common: string, name: string, depth = 0): string | undefined {
  const text = all.get(name);
  if (text === undefined) return undefined;
  if (object.test(text)) return text;
  const other = /^ref: (refs\/\S+)$/.exec(text)?.[1];
  if (other === undefined || depth > 5) return undefined;
  return all.has(other) ? standsFor(all, common, other, depth + 1) : read(common, [other])?.[other];
}
