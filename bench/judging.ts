/** What it takes to check out, for a gate, what was published; and from the end of an agent to the start of the next one. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { checkOut } from '../src/actors/gates/checkout.ts';
import { inDirectory } from './processes.ts';
import { median } from './statistics.ts';

const files = 10_000;
const perFolder = 100;
const changed = 20;
const tries = 5;

const who = ['-c', 'user.name=maria', '-c', 'user.email=maria@example.org'];
const gitIn =
  (cwd: string) =>
  async (...args: string[]) =>
    (await execa('git', [...who, ...args], { cwd })).stdout;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export interface CheckoutTimes {
  /** Milliseconds, medians: `git worktree add`, our first checkout, and our second one of a commit that changes 20 files. */
  worktree: number;
  first: number;
  second: number;
}

/** A repository of 10,000 files of 2 kB. */
export async function measureCheckout(): Promise<CheckoutTimes> {
  return inDirectory(async directory => {
    const repository = join(directory, 'repository');
    mkdirSync(repository);
    const git = gitIn(repository);
    await git('init', '--quiet', '--initial-branch=main');
    const write = (index: number, text: string) => {
      const folder = join(repository, `folder-${Math.floor(index / perFolder)}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `file-${index}.txt`), `${text} ${index}\n`.repeat(200));
    };
    for (let index = 0; index < files; index++) write(index, 'one');
    await git('add', '--all');
    await git('commit', '--quiet', '-m', 'Begin');
    const begin = await git('rev-parse', 'HEAD');
    for (let index = 0; index < changed; index++) write(index * 7, 'two');
    await git('commit', '--quiet', '--all', '-m', 'Change');
    const change = await git('rev-parse', 'HEAD');
    const times: Record<keyof CheckoutTimes, number[]> = { worktree: [], first: [], second: [] };
    for (let index = 0; index < tries; index++) {
      const place = join(directory, `worktree-${index}`);
      times.worktree.push(await timed(() => git('worktree', 'add', '--quiet', '--detach', place, begin)));
      await git('worktree', 'remove', '--force', place);
      const ours = { repository, directory: join(directory, `ours-${index}`), target: { name: 'main', commit: begin } };
      times.first.push(await timed(() => checkOut({ ...ours, commit: begin })));
      times.second.push(await timed(() => checkOut({ ...ours, commit: change })));
      rmSync(ours.directory, { recursive: true });
    }
    return { worktree: median(times.worktree), first: median(times.first), second: median(times.second) };
  });
}

const stages = 6;

/**
 * Milliseconds, median: from the last instruction of an agent to the first one of the next stage's, with a command gate that passes
 * at once, over a pipeline of six stages. `program` is the built or unbuilt command of any version.
 */
export async function measureHandingOn(
  program = fileURLToPath(new URL('../bin/signalbox.js', import.meta.url)),
): Promise<number> {
  return inDirectory(async directory => {
    const repository = join(directory, 'repository');
    mkdirSync(repository);
    const git = gitIn(repository);
    await git('init', '--quiet', '--initial-branch=main');
    writeFileSync(join(repository, 'README.md'), 'A project\n');
    await git('add', '--all');
    await git('commit', '--quiet', '-m', 'Begin');
    const pipeline = {
      name: 'chain',
      stages: Array.from({ length: stages }, (_, index) => ({
        ...{ name: `stage${index}`, role: 'worker' },
        gates: [{ kind: 'command', name: `gate${index}`, run: ['true'] }],
      })),
    };
    writeFileSync(join(directory, 'pipeline.yaml'), JSON.stringify(pipeline));
    const log = join(directory, 'times');
    const agent = join(directory, 'agent.sh');
    writeFileSync(
      agent,
      `date +"begin %s%N" >> ${log}\necho "$SIGNALBOX_STAGE" >> work.txt\ndate +"end %s%N" >> ${log}\n`,
    );
    const gaps: number[] = [];
    for (let index = 0; index < tries; index++) {
      rmSync(log, { force: true });
      const options = ['--repo', repository, '--pipeline', join(directory, 'pipeline.yaml'), '--agent', `sh ${agent}`];
      const rest = ['--data', join(directory, `data-${index}`), '--id', `T-${index}`, '--title', 'Chain'];
      await execa(process.execPath, [program, 'run', ...options, ...rest], { cwd: directory });
      const times = readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map(line => Number(BigInt(line.split(' ')[1]!) / 1_000n) / 1_000);
      for (let at = 2; at < times.length; at += 2) gaps.push(times[at]! - times[at - 1]!);
    }
    return median(gaps);
  });
}
