/**
 * What a set-up has made, kept for other checkouts that need the same: by what decides it, the tools that made it, and what was
 * around them. It is copied, by reference where the file system can, and never linked: through a hard link the tests of one
 * branch could write into what judges the next.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { SandboxSpec } from '../../domain/agent-spec.ts';
import { type Git, listed } from '../git.ts';
import { inside, readPlain } from '../paths.ts';
import { copyTree } from './copy.ts';
import type { Keeping, SetUpPlan } from './plan.ts';
import { versionFiles, versionOf } from './version.ts';

/** The oldest go when there are more. */
const mostKept = 8;
/** A half that is older was left behind by somebody who was killed. */
const longestCopyMs = 3_600_000;

const entry = z.object({
  /** Paths in a checkout, in the order of the folders that hold them: `0`, `1`, … */
  paths: z.array(z.string()),
  /** The checkout where it was made, by each of its names, and the files below those folders in which one is written. */
  madeIn: z.array(z.string()),
  naming: z.array(z.string()),
});
type Entry = z.output<typeof entry>;

export interface KeyInput {
  plan: SetUpPlan & { keeping: Keeping };
  repository: string;
  directory: string;
  sandbox: SandboxSpec;
  env: Record<string, string>;
}

/** Names what comes of a set-up. */
export async function keyOf({ plan, repository, directory, sandbox, env }: KeyInput): Promise<string> {
  const { cwd, steps, keeping } = plan;
  const programs = [...new Set([...steps.map(([program = '']) => program), 'node'])];
  const versions = await Promise.all(programs.map(versionOf));
  const hash = createHash('sha256');
  const { driver, image } = sandbox;
  const variables = Object.entries(env).sort();
  const around = [process.platform, process.arch, driver, image, variables];
  hash.update(JSON.stringify([repository, cwd, steps, versions, around]));
  for (const file of [...keeping.keyedBy, ...versionFiles].sort()) {
    const text = readPlain(inside(directory, file));
    hash.update(JSON.stringify([file, text !== undefined]));
    if (text !== undefined) hash.update(text);
  }
  return hash.digest('hex').slice(0, 40);
}

/** Copies what is kept under the key into a checkout; answers whether there is anything. */
export async function copyKept(cacheDir: string, key: string, directory: string): Promise<boolean> {
  const place = join(cacheDir, key);
  const kept = readEntry(place);
  if (kept === undefined) return false;
  const now = new Date();
  utimesSync(place, now, now);
  const { paths, madeIn, naming } = kept;
  for (const path of paths) rmSync(inside(directory, path), { recursive: true, force: true });
  await Promise.all(paths.map((path, index) => copyTree(join(place, String(index)), inside(directory, path))));
  for (const file of naming) {
    const [index = '', ...rest] = file.split('/');
    rename(inside(directory, join(paths[Number(index)]!, ...rest)), madeIn, directory);
  }
  return true;
}

/**
 * What names the checkout where it was made, as the programs of pnpm do, would look for packages there: in the worktree of an agent,
 * perhaps, who can put there what it likes.
 */
function rename(file: string, from: readonly string[], to: string): void {
  const text = readPlain(file);
  if (text === undefined) return;
  const { mode, atime, mtime } = lstatSync(file);
  const named = from.reduce((words, name) => words.replaceAll(asBytes(name), asBytes(to)), text.toString('latin1'));
  // It may be read-only, and shared with another file.
  rmSync(file);
  writeFileSync(file, named, { encoding: 'latin1', mode });
  utimesSync(file, atime, mtime);
}

const asBytes = (text: string) => Buffer.from(text).toString('latin1');

/** Keeps what was made in a checkout under the key. Whoever is killed over it leaves nothing that is taken for whole. */
export async function keep(
  cacheDir: string,
  key: string,
  { git, directory, plan }: { git: Git; directory: string; plan: SetUpPlan & { keeping: Keeping } },
): Promise<void> {
  const paths = await madeInCheckout(git, directory, plan);
  if (paths.length === 0) return;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  // Another process may be at the same.
  const half = join(cacheDir, `${key}.${randomUUID()}.half`);
  mkdirSync(half);
  await Promise.all(paths.map((path, index) => copyTree(inside(directory, path), join(half, String(index)))));
  const madeIn = [...new Set([realpathSync(directory), directory])];
  const naming = await filesNaming(madeIn, half);
  writeFileSync(join(half, 'entry.json'), JSON.stringify({ paths, madeIn, naming } satisfies Entry));
  const whole = join(cacheDir, key);
  if (readEntry(whole) === undefined) {
    rmSync(whole, { recursive: true, force: true });
    renameSync(half, whole);
  } else rmSync(half, { recursive: true, force: true });
  forgetOldest(cacheDir);
}

/** Text files, from the folder. */
async function filesNaming(words: readonly string[], folder: string): Promise<string[]> {
  const argv = ['-rlIF', '--null', ...words.flatMap(word => ['-e', word]), '.'];
  const { exitCode, stdout, stderr } = await execa('grep', argv, { cwd: folder, reject: false, stdin: 'ignore' });
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`what was made could not be read through: ${stderr}`);
  return stdout
    .split('\0')
    .filter(path => path !== '')
    .map(path => path.replace(/^\.\//, ''));
}

/** What is in a checkout and in no commit. */
async function madeInCheckout(
  git: Git,
  directory: string,
  { cwd, keeping: { folders } }: KeyInput['plan'],
): Promise<string[]> {
  const where = ['--', cwd === '' ? '.' : cwd];
  const all = await listed(git, ['ls-files', '--others', '--directory', '--no-empty-directory', '-z', ...where]);
  return all
    .map(path => path.replace(/\/$/, ''))
    .filter(path => path !== '.git' && (folders === null || folders.includes(path.split('/').at(-1)!)))
    .filter(path => folders === null || lstatSync(join(directory, path)).isDirectory());
}

function readEntry(place: string): Entry | undefined {
  try {
    return entry.parse(JSON.parse(readFileSync(join(place, 'entry.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

function forgetOldest(cacheDir: string): void {
  const all = readdirSync(cacheDir).map(name => {
    const path = join(cacheDir, name);
    return { path, isHalf: name.endsWith('.half'), usedAt: statSync(path).mtimeMs };
  });
  const kept = all.filter(({ isHalf }) => !isHalf).sort((a, b) => b.usedAt - a.usedAt);
  const left = all.filter(({ isHalf, usedAt }) => isHalf && usedAt < Date.now() - longestCopyMs);
  for (const { path } of [...kept.slice(mostKept), ...left]) rmSync(path, { recursive: true, force: true });
}
