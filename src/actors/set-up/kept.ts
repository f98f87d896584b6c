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
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
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
});

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
  const { paths } = readEntry(place);
  if (paths === null) return false;
  const now = new Date();
  utimesSync(place, now, now);
  for (const path of paths) rmSync(inside(directory, path), { recursive: true, force: true });
  await Promise.all(paths.map((path, index) => copyTree(join(place, String(index)), inside(directory, path))));
  return true;
}

/** Keeps what was made in a checkout under the key. Whoever is killed over it leaves nothing that is taken for whole. */
export async function keep(
  cacheDir: string,
  key: string,
  { git, directory, plan }: { git: Git; directory: string; plan: SetUpPlan & { keeping: Keeping } },
): Promise<void> {
  const paths = await madeIn(git, directory, plan);
  if (paths.length === 0) return;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  // Another process may be at the same.
  const half = join(cacheDir, `${key}.${randomUUID()}.half`);
  mkdirSync(half);
  await Promise.all(paths.map((path, index) => copyTree(inside(directory, path), join(half, String(index)))));
  writeFileSync(join(half, 'entry.json'), JSON.stringify({ paths } satisfies z.output<typeof entry>));
  const whole = join(cacheDir, key);
  if (readEntry(whole).paths === null) {
    rmSync(whole, { recursive: true, force: true });
    renameSync(half, whole);
  } else rmSync(half, { recursive: true, force: true });
  forgetOldest(cacheDir);
}

/** What is in a checkout and in no commit. */
async function madeIn(git: Git, directory: string, { cwd, keeping: { folders } }: KeyInput['plan']): Promise<string[]> {
  const where = ['--', cwd === '' ? '.' : cwd];
  const all = await listed(git, ['ls-files', '--others', '--directory', '--no-empty-directory', '-z', ...where]);
  return all
    .map(path => path.replace(/\/$/, ''))
    .filter(path => path !== '.git' && (folders === null || folders.includes(path.split('/').at(-1)!)))
    .filter(path => folders === null || lstatSync(join(directory, path)).isDirectory());
}

function readEntry(place: string): { paths: string[] | null } {
  try {
    return entry.parse(JSON.parse(readFileSync(join(place, 'entry.json'), 'utf8')));
  } catch {
    return { paths: null };
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
