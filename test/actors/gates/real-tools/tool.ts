/** A real tool that runs tests, with small projects of its kind, and a gate that judges them. */
import { accessSync, constants, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type JudgeInput, judgeGate } from '../../../../src/actors/gate.ts';
import { noSandbox } from '../../../../src/domain/agent-spec.ts';
import type { Looked } from '../../../../src/machines/gate.ts';
import { gateSchema } from '../../../../src/machines/pipeline.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';
import { beginRepository, commitFiles, write } from '../../repository.ts';

type Files = Record<string, string>;

/** What is different from a project whose tests pass. */
export interface Situation {
  /** Files that are others on the target; null for one that is not there. */
  files?: Record<string, string | null> | (() => Files);
  /** Files that the branch changes. */
  change?: Files;
  /** Programs that are not on this machine. */
  without?: string[];
  /** Directories that are looked into before all others for programs. */
  path?: () => string[];
  /** Variables that the gate is given by name. */
  env?: Files;
  /** Packages of JavaScript that lie around the checkout; null for none. */
  modules?: string | null;
  run?: string[];
}

/** One whose first line of the answer is known. */
export type Told = Situation & { says: RegExp };

export interface Tool {
  name: string;
  /** What of it is not on this machine; undefined where all of it is. */
  lacks: string | undefined;
  /** Fetches it, where it is not here and may be fetched. */
  fetch?: () => void;
  /** A project whose tests pass; a gate without `run` has to find out how. */
  project: () => Situation & { files: Files };
  fails: Situation;
  noTests: Situation;
  noRunner: Told;
  noDependency: Told;
  /** What else it may come to, by what is the matter. */
  more?: Record<string, Told & { verdict: Looked['verdict'] }>;
  /** As well, where nobody waits: they cost as much time as all others together. */
  atLeisure?: Record<string, Told & { verdict: Looked['verdict'] }>;
}

/** Where nothing listens. */
export const nowhere = 'http://127.0.0.1:9';

/** Whether tools are fetched that are not here, and there is time for everything. */
export const mayFetch = process.env.SIGNALBOX_REAL_TOOLS === '1';

/** What a tool lacks that is looked at only where it may be fetched. */
export const unlessFetched = mayFetch ? undefined : 'SIGNALBOX_REAL_TOOLS=1';

/** What was fetched, once for all runs. */
export const fetched = (name: string): string => join(tmpdir(), 'signalbox-real-tools', name);

/** Judges the tests of the project in that situation, as a gate of a task does. */
export async function judged({ project }: Pick<Tool, 'project'>, situation: Situation): Promise<Looked> {
  const {
    files,
    change = {},
    without = [],
    path = () => [],
    env = {},
    modules = null,
    run,
  } = merged(project(), situation);
  const directory = temporaryDirectory();
  const inside = (name: string) => join(directory, name);
  const repository = inside('repository');
  write(repository, files);
  beginRepository(repository);
  const head = commitFiles(repository, change);
  if (modules !== null) symlinkSync(modules, inside('node_modules'));
  surroundBy({ ...env, PATH: [...path(), programsBut(without, inside('programs'))].join(delimiter) });
  const input: JudgeInput = {
    ...{ taskId: 'task-1', project: 'shop', repository, workItem: 'ET-1', branch: 'work', target: 'main', head },
    ...{ sandbox: noSandbox, forge: null, setUp: 'detected', env: Object.keys(env), job: { ref: 'job-1' } },
    gate: gateSchema.parse({ kind: 'command', name: 'tests', timeout: '90s', ...(run && { run }) }),
  };
  const places = { runsDir: inside('runs'), checkoutsDir: inside('checkouts'), cacheDir: inside('set-ups') };
  const forgeOf = () => Promise.reject(new Error('there is no forge'));
  return judgeGate(input, { ...places, forgeOf }, new AbortController().signal);
}

function merged(project: Situation & { files: Files }, situation: Situation): Situation & { files: Files } {
  const others = typeof situation.files === 'function' ? situation.files() : situation.files;
  const all = Object.entries({ ...project.files, ...others });
  const files = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
  return { ...project, ...situation, files, path: situation.path ?? project.path };
}

function surroundBy(env: Files): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

/** Where a program is that can be run; undefined where there is none. */
const programAt = (name: string): string | undefined =>
  directories()
    .map(directory => join(directory, name))
    .find(isProgram);

/** The first program of this machine that is not there; undefined where all are. */
export const firstMissing = (...names: string[]): string | undefined =>
  names.find(name => programAt(name) === undefined);

// What lies in packages of ours is there for whoever runs the tests by `npm test`, and for nobody else.
const directories = (): string[] =>
  (process.env.PATH ?? '').split(delimiter).filter(directory => !directory.endsWith('node_modules/.bin'));

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A directory with every program of this machine but these. */
function programsBut(names: readonly string[], directory: string): string {
  mkdirSync(directory);
  const programs = new Map<string, string>();
  for (const place of directories()) {
    for (const name of namesIn(place)) if (!programs.has(name)) programs.set(name, join(place, name));
  }
  for (const name of names) programs.delete(name);
  for (const [name, path] of programs) symlinkSync(path, join(directory, name));
  return directory;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(realpathSync(directory));
  } catch {
    return [];
  }
}
