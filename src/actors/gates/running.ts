/** Runs a command on a clean checkout, with what a fresh one needs, and says what it came to. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { formatDuration } from '../../domain/duration.ts';
import { someOf } from '../../domain/some-of.ts';
import type { GateReport } from '../../domain/verdict.ts';
import { readStart } from '../../host/supervised-process.ts';
import type { CommandGate } from '../../machines/pipeline.ts';
import { gitIn } from '../git.ts';
import { tailOf } from '../log-file.ts';
import { inside } from '../paths.ts';
import { missingSubmodules } from '../submodules.ts';
import { type Ended, runToEnd } from '../supervised-command.ts';
import type { ChangedJudges } from './judges.ts';
import { isForMissing, isOfMachine, whyNoVerdict } from './outcome.ts';
import type { CommandPlace } from './place.ts';
import { environmentOf, forgetHome, homeFor, makeReady } from './ready.ts';

/** Of what a command prints, so much is shown, and so much is read: what ran may stand far above its last words. */
const tailBytes = 3_000;
const readBytes = 4_000_000;
/** Why what a fresh checkout needs is not there; empty where it is. */
const notReady = 'not-ready.txt';

/** What a run came to. */
export interface Ran {
  verdict: GateReport['verdict'];
  detail: string;
  /** Something that the code asks for was missing. */
  isForMissing?: boolean;
  /** It failed, and passed on the same tree when it was run again. */
  isFlaky?: boolean;
  /** It is this machine that could not run it: no other code would have been judged either. */
  isOfMachine?: boolean;
}

/** A failure is looked at again on the same tree. */
export async function runTwice(
  gate: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
  judges?: ChangedJudges,
): Promise<Ran> {
  const first = await runReady(gate, place, argv, judges);
  if (first.verdict !== 'fail') return first;
  const again = await runOnce(gate, { ...place, runId: `${place.runId}-again` }, argv, judges);
  if (again.verdict !== 'pass') return first;
  const flaky = `${argv.join(' ')} is flaky: it failed, and passed on the same tree when it was run again`;
  const verdict = gate.flaky === 'inconclusive' ? 'inconclusive' : 'pass';
  return { verdict, detail: `${flaky}\n${first.detail}`, isFlaky: true };
}

/** What passes without the hook passes. Else it is run with what that makes, which may cost minutes. */
export async function runReady(
  gate: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
  judges?: ChangedJudges,
): Promise<Ran> {
  const bare = await runOnce(gate, { ...place, hook: null }, argv, judges);
  if (bare.verdict === 'pass' || place.hook === null) return bare;
  return runOnce(gate, { ...place, runId: `${place.runId}-made` }, argv, judges);
}

export async function runOnce(
  gate: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
  judges?: ChangedJudges,
): Promise<Ran> {
  const { directory, runId, runsDir } = place;
  const runDir = inside(runsDir, runId);
  // After a crash it may be at work in there, or have ended: then nothing is put in order under its feet.
  if (readStart(runDir) === undefined) {
    const { isUsable, wrong } = await makeReady(place, gate.cwd ?? '', judges);
    if (!isUsable) return unjudged(wrong);
    const isThere = statSync(inside(directory, gate.cwd ?? ''), { throwIfNoEntry: false })?.isDirectory();
    if (isThere !== true) return { verdict: 'inconclusive', detail: `there is no directory ${gate.cwd}` };
    // Whoever adopts it after a crash has to know as well.
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    writeFileSync(join(runDir, notReady), wrong);
  }
  const cwd = inside(directory, gate.cwd ?? '');
  const ended = await runToEnd({
    ...{ ...place, argv, worktree: directory, cwd, runDir, timeLimitMs: gate.timeout },
    ...{ home: homeFor(place), env: environmentOf(place) },
  });
  forgetHome(place);
  return verdictOn({ gate, place, argv, judges, runDir, cwd, ...ended });
}

interface Judged extends Ended {
  gate: CommandGate;
  place: CommandPlace;
  argv: readonly string[];
  judges: ChangedJudges | undefined;
  runDir: string;
  cwd: string;
}

async function verdictOn({ gate, place, argv, judges, runDir, cwd, exit, isTimedOut }: Judged): Promise<Ran> {
  const shown = argv.join(' ');
  const whyNotReady = tailOf(join(runDir, notReady), tailBytes);
  const withReason = (bytes: number) =>
    [tailOf(join(runDir, 'output.log'), bytes), whyNotReady].filter(Boolean).join('\n');
  const output = stripVTControlCharacters(withReason(tailBytes));
  if (isTimedOut) return unjudged(`${shown} took longer than ${formatDuration(gate.timeout)}\n${output}`);
  if (exit.code === null) return unjudged(`${shown} died by ${exit.signal}\n${output}`);
  // The first line is what most people see.
  const also = whyNotReady === '' ? '' : `, and ${whyNotReady.split('\n', 1)[0]}`;
  const why = whyNoVerdict(argv, exit.code, withReason(readBytes));
  if (why !== null) {
    // What the repository is to bring itself may come with the change.
    const isOwn = argv.some(word => /^(?![-/])\S*(?:\/\S*|\.\w+)$/.test(word) && !existsSync(resolve(cwd, word)));
    return {
      ...{ verdict: 'inconclusive', detail: `${shown} ${why}${also}\n${output}` },
      ...{ isForMissing: isForMissing(why) || isOfChange(whyNotReady), isOfMachine: isOfMachine(why) && !isOwn },
    };
  }
  if (exit.code === 0) {
    const changed = await changedIn(place.directory, judges?.files ?? []);
    const though = whyNotReady === '' ? '' : `, though ${whyNotReady}`;
    return { verdict: 'pass', detail: `${shown} passed${changed}${though}` };
  }
  const missing = await missingSubmodules(place.repository, place.head);
  if (missing.length > 0) {
    const remedy = `run git submodule update --init in ${place.repository}`;
    const what = `the submodule ${missing.join(', ')} is not on this machine; ${remedy}`;
    return unjudged(`${shown} failed, and ${what}\n${output}`);
  }
  const failed = `${shown} failed with exit code ${exit.code}`;
  if (whyNotReady === '') return { verdict: 'fail', detail: `${failed}\n${output}` };
  // Without what it needs nobody knows whose fault it is; whether the target has it says more.
  const detail = `${failed}${also}\n${output}`;
  return { verdict: 'inconclusive', detail, isForMissing: isOfChange(whyNotReady), isOfMachine: true };
}

/** Whether the change may be why it could not be set up: a registry that is away is nobody's change. */
const isOfChange = (whyNotReady: string) =>
  whyNotReady !== '' &&
  !/\b(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|getaddrinfo|socket hang up|timed? ?out|dial tcp|Could not (?:resolve|transfer)|proxy|registry|50[0234]|took longer than)\b/i.test(
    whyNotReady,
  );

const mostShown = 5;

/** Files of the commit that are not as they were: nobody gets them, and whoever expects that has to know. */
async function changedIn(directory: string, putBackBefore: readonly string[]): Promise<string> {
  const { code, stdout } = await gitIn(directory).result([
    'diff',
    '-z',
    '--name-only',
    '--no-ext-diff',
    '--ignore-submodules=all',
  ]);
  // What was done to the repository there is not ours to understand.
  if (code !== 0) return '';
  const changed = stdout.split('\0').filter(path => path !== '' && !putBackBefore.includes(path));
  if (changed.length === 0) return '';
  return `; it changed ${someOf(changed, mostShown)}, which is part of nothing`;
}

const unjudged = (detail: string): Ran => ({ verdict: 'inconclusive', detail, isOfMachine: true });
