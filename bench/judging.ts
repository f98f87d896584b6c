/**
 * What it takes to check out, for a gate, what was published; to set that up; and from the end of an agent to the start of the next
 * one.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { toolEnvironment } from '../src/actors/environment.ts';
import { checkOut } from '../src/actors/gates/checkout.ts';
import { setUp } from '../src/actors/set-up/set-up.ts';
import { noSandbox } from '../src/domain/agent-spec.ts';
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

/** Commits all that lies there as a repository's first commit, and answers it. */
export async function beginIn(repository: string): Promise<string> {
  const git = gitIn(repository);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'Begin');
  return git('rev-parse', 'HEAD');
}

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
    const write = (index: number, text: string) => {
      const folder = join(repository, `folder-${Math.floor(index / perFolder)}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `file-${index}.txt`), `${text} ${index}\n`.repeat(200));
    };
    for (let index = 0; index < files; index++) write(index, 'one');
    const begin = await beginIn(repository);
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
const turns = 10;

/** The first writes code, the others documents: verdicts on code that others have changed would lapse. */
const agentScript = (log: string) => `date +"begin %s%N" >> ${log}
if [ "$SIGNALBOX_STAGE" = stage0 ]; then echo code > work.txt; fi
mkdir -p "docs/work-items/$SIGNALBOX_WORK_ITEM"
echo done > "docs/work-items/$SIGNALBOX_WORK_ITEM/$SIGNALBOX_STAGE.md"
date +"end %s%N" >> ${log}
`;

/** A gate that only looks for a document, or one that runs a program which ends at once. */
export type QuickGate = 'artifacts' | 'command';

/**
 * Milliseconds, medians: from the last instruction of an agent to the first one of the next stage's, with a gate that takes no time,
 * over a pipeline of six stages. For each program, which is the built or unbuilt command of any version, in turns: what else the
 * machine does meets all of them.
 */
export async function measureHandingOn(programs: readonly string[], kind: QuickGate): Promise<number[]> {
  const gateOf = (index: number) =>
    kind === 'command'
      ? { kind, name: `gate${index}`, run: ['true'] }
      : { kind, name: `gate${index}`, files: [`stage${index}.md`] };
  return inDirectory(async directory => {
    const repository = join(directory, 'repository');
    mkdirSync(repository);
    writeFileSync(join(repository, 'README.md'), 'A project\n');
    await beginIn(repository);
    const pipeline = {
      name: 'chain',
      stages: Array.from({ length: stages }, (_, index) => ({
        ...{ name: `stage${index}`, role: 'worker' },
        gates: [gateOf(index)],
      })),
    };
    writeFileSync(join(directory, 'pipeline.yaml'), JSON.stringify(pipeline));
    const log = join(directory, 'times');
    const agent = join(directory, 'agent.sh');
    writeFileSync(agent, agentScript(log));
    const gaps = programs.map((): number[] => []);
    for (let turn = 0; turn < turns; turn++) {
      for (const [index, program] of programs.entries()) {
        rmSync(log, { force: true });
        const options = [
          '--repo',
          repository,
          '--pipeline',
          join(directory, 'pipeline.yaml'),
          '--agent',
          `sh ${agent}`,
        ];
        const id = `T-${index}-${turn}`;
        const rest = ['--data', join(directory, `data-${id}`), '--id', id, '--title', 'Chain'];
        await execa(process.execPath, [program, 'run', ...options, ...rest], { cwd: directory });
        gaps[index]!.push(...gapsIn(readFileSync(log, 'utf8')));
      }
    }
    return gaps.map(median);
  });
}

export const ownProgram = fileURLToPath(new URL('../bin/signalbox.js', import.meta.url));

/** Milliseconds between each `end` and the `begin` after it. */
function gapsIn(log: string): number[] {
  const times = log
    .trim()
    .split('\n')
    .map(line => Number(BigInt(line.split(' ')[1]!) / 1_000n) / 1_000);
  return times.flatMap((time, at) => (at > 0 && at % 2 === 0 ? [time - times[at - 1]!] : []));
}

/** Together about a gigabyte in some ninety thousand files, and no scripts of their own that run when they are installed. */
const packages = [
  ...[
    '@angular/common@18',
    '@angular/compiler@18',
    '@angular/compiler-cli@18',
    '@angular/core@18',
    '@angular/forms@18',
  ],
  ...['@angular/router@18', '@babel/core@7', '@babel/preset-env@7', '@emotion/react@11', '@emotion/styled@11'],
  ...['@mui/icons-material@5', '@mui/material@5', 'antd@5', 'date-fns@3', 'echarts@5', 'eslint@9', 'googleapis@144'],
  ...['lodash@4', 'mathjs@13', 'monaco-editor@0.52', 'next@15', 'pdfjs-dist@4', 'react@18', 'react-dom@18'],
  ...['react-icons@5', 'rxjs@7', 'three@0.170', 'typescript@5.5', 'webpack@5', 'zone.js@0.14'],
];
const copies = 3;

export interface SetUpTimes {
  bytes: number;
  files: number;
  fileSystem: string;
  /** Milliseconds until `npm ci` has ended: with an empty cache of npm's, and with a full one. */
  empty: number;
  full: number;
  /** What it takes after that to keep it. */
  keeping: number;
  /** The whole of a set-up from what is kept, median. */
  copied: number;
}

/**
 * Takes nine gigabytes of the temporary directory while it runs, and asks the registry of npm. Nothing is deleted before the end:
 * where ext4 has no journal, files are made several times more slowly for minutes after that.
 */
export async function measureSetUp(): Promise<SetUpTimes> {
  return inDirectory(async directory => {
    const repository = join(directory, 'repository');
    const commit = await beginLarge(repository);
    const setUpIn = async (name: string, kept: string) => {
      const checkout = { repository, directory: join(directory, name), commit };
      await checkOut({ ...checkout, target: { name: 'main', commit } });
      const began = Date.now();
      const { wrong } = await setUp({
        ...{
          ...checkout,
          rule: 'detected',
          isUntouched: async () => true,
          sandbox: noSandbox,
          job: { ref: name },
          runId: name,
          taskId: 'T-1',
        },
        ...{ cacheDir: join(directory, kept), directories: [], runsDir: join(directory, 'runs'), branch: 'main' },
        env: { ...toolEnvironment([]), npm_config_cache: join(directory, 'npm') },
        signal: new AbortController().signal,
      });
      if (wrong !== null) throw new Error(wrong);
      return { began, ended: Date.now() };
    };
    const install = async (name: string) => {
      const { began, ended } = await setUpIn(name, `kept-${name}`);
      const installed = statSync(join(directory, 'runs', `${name}-setup-1`, 'exit.json')).mtimeMs;
      return { ms: installed - began, keeping: ended - installed };
    };
    const empty = await install('empty');
    const full = await install('full');
    const copied: number[] = [];
    for (let index = 0; index < copies; index++) {
      const { began, ended } = await setUpIn(`copied-${index}`, 'kept-empty');
      copied.push(ended - began);
    }
    const keeping = Math.min(empty.keeping, full.keeping);
    const modules = join(directory, 'copied-0', 'node_modules');
    const about = await aboutTree(modules);
    // Half a million files: `rmSync` takes minutes for them.
    await execa('rm', ['-rf', directory]);
    return { ...about, empty: empty.ms, full: full.ms, keeping, copied: median(copied) };
  });
}

/** A repository of nothing but a list of packages, locked; answers its commit. */
async function beginLarge(repository: string): Promise<string> {
  mkdirSync(repository);
  const about = { name: 'large', version: '1.0.0', private: true, scripts: { test: 'node --version' } };
  writeFileSync(join(repository, 'package.json'), JSON.stringify(about));
  writeFileSync(join(repository, '.gitignore'), 'node_modules/\n');
  // As a lock file usually is, whatever the configuration here says: without the addresses npm has to ask for each package.
  const locked = ['--package-lock-only', '--save-exact', '--no-omit-lockfile-registry-resolved'];
  await execa('npm', ['install', ...locked, '--no-audit', '--no-fund', ...packages], { cwd: repository });
  return beginIn(repository);
}

async function aboutTree(tree: string): Promise<Pick<SetUpTimes, 'bytes' | 'files' | 'fileSystem'>> {
  const { stdout: sizes } = await execa('find', [tree, '-type', 'f', '-printf', '%s\n']);
  const { stdout: name } = await execa('findmnt', ['--noheadings', '--output', 'FSTYPE', '--target', tree]);
  const lock = join(tree, '.package-lock.json');
  const { exitCode } = await execa('cp', ['--reflink=always', lock, `${tree}-referenced`], { reject: false });
  const each = sizes.split('\n').map(Number);
  const fileSystem = `${name.trim()}, ${exitCode === 0 ? 'which copies' : 'which cannot copy'} by reference`;
  return { files: each.length, bytes: each.reduce((sum, size) => sum + size, 0), fileSystem };
}
