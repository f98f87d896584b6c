/** What commands take as whole processes, built as they are published: how long the start is, and what 100,000 tasks cost. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { makeData } from './data.ts';
import { median } from './statistics.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rounds = 31;

/** The package as npm would install it, its dependencies being those of the checkout. */
export async function buildPackage(directory: string): Promise<string> {
  await execa('npx', ['tsc', '-p', 'tsconfig.build.json', '--outDir', join(directory, 'dist')], { cwd: root });
  for (const part of ['bin', 'examples', 'prompts', 'package.json']) {
    cpSync(join(root, part), join(directory, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'bin', 'signalbox.js');
}

async function timeOf(args: readonly string[], cwd: string): Promise<number> {
  const began = performance.now();
  const { exitCode, stderr } = await execa(process.execPath, args, { cwd, reject: false, env: { SIGNALBOX_DATA: '' } });
  if (exitCode !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return performance.now() - began;
}

/** Medians in milliseconds of commands that were run in turns. The first round warms the caches and does not count. */
async function inTurns(commands: Record<string, () => Promise<number>>): Promise<Record<string, number>> {
  const times = new Map<string, number[]>(Object.keys(commands).map(name => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(commands)) {
      const time = await run();
      if (round > 0) times.get(name)!.push(time);
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
}

export interface Started {
  what: string;
  ms: number;
  /** Against `node -e 0`. */
  ratio: number;
}

/** The start of the command line, and of a list on data in which there is nothing. */
export async function measureCommandStart(): Promise<{ node: number; started: Started[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const bin = await buildPackage(directory);
    const empty = join(directory, 'empty');
    mkdirSync(empty);
    await timeOf([bin, 'queue', 'resume'], empty);
    const times = await inTurns({
      node: () => timeOf(['-e', '0'], empty),
      '--version': () => timeOf([bin, '--version'], empty),
      'task list': () => timeOf([bin, 'task', 'list'], empty),
    });
    const { node = 1, ...others } = times;
    const started = Object.entries(others).map(([what, ms]) => ({ what, ms, ratio: ms / node }));
    return { node, started };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The same commands on data with many tasks and with few, in turns. */
export async function measureCommandsOnMany(): Promise<{ what: string; few: number; many: number; ratio: number }[]> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const bin = await buildPackage(directory);
    const [few, many] = [await makeData(directory, { ended: 100 }), await makeData(directory, { ended: 100_000 })];
    const asked = [['task', 'list'], ['task', 'show', 'T-50'], ['queue']];
    const commands = asked.flatMap(words =>
      [few, many].map(
        data => [`${words.join(' ')} ${data}`, () => timeOf([bin, ...words, '--data', data], directory)] as const,
      ),
    );
    const times = await inTurns(Object.fromEntries(commands));
    return asked.map(words => {
      const [inFew = 0, inMany = 0] = [few, many].map(data => times[`${words.join(' ')} ${data}`]);
      return { what: words.slice(0, 2).join(' '), few: inFew, many: inMany, ratio: inMany / inFew };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Every command that reads tasks, runs or the worker, by its words. */
const reading: readonly (readonly string[])[] = [
  ['task', 'list'],
  ['task', 'list', '--waiting'],
  ['task', 'list', '--project', 'shop'],
  ['task', 'show', 'T-50'],
  ['task', 'events', 'T-50'],
  ['task', 'snapshot', 'T-50'],
  ['agent', 'list'],
  ['queue'],
  ['status'],
  ['board'],
  ['lease', 'list'],
  ['breaker', 'list'],
  ['delivery', 'list'],
  ['dead-letter', 'list'],
  ['complete', '--', 'task', 'show', 'T-5'],
];

/** Until a command has printed its first bytes, in milliseconds. */
async function firstOutputOf(args: readonly string[], cwd: string): Promise<number> {
  const began = performance.now();
  const child = execa(process.execPath, args, { cwd, reject: false, env: { SIGNALBOX_DATA: '' } });
  let first: number | undefined;
  const heard = () => {
    first ??= performance.now() - began;
  };
  child.stdout.once('data', heard);
  const { exitCode, stderr } = await child;
  if (exitCode !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  // One that has nothing to print has said so by its end.
  return first ?? performance.now() - began;
}

/** The first output of every read command on 100,000 tasks, beyond that of `--version`, which is the start alone. */
export async function measureFirstOutput(): Promise<{ start: number; commands: { what: string; ms: number }[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const bin = await buildPackage(directory);
    const data = await makeData(directory, { ended: 100_000 });
    const measured = reading.map(words => {
      const place = words[0] === 'complete' ? words : [...words, '--data', data];
      return [words.join(' '), () => firstOutputOf([bin, ...place], directory)] as const;
    });
    const times = await inTurns({
      start: () => firstOutputOf([bin, '--version'], directory),
      ...Object.fromEntries(measured),
    });
    const { start = 0, ...others } = times;
    return { start, commands: Object.entries(others).map(([what, ms]) => ({ what, ms: ms - start })) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
