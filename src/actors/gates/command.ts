/**
 * Runs the repository's own tests (or a given command) on a clean checkout and judges by their exit code.
 *
 * The command and what sets it up are the target's. Where the branch has changed them, the target's run first and the branch's
 * own afterwards: what passes with both passes. A failure is looked at twice on the same tree, so that a flaky test is called
 * one, and costs nobody another run.
 */
import { join } from 'node:path';
import type { GateReport } from '../../domain/verdict.ts';
import { readStart } from '../../host/supervised-process.ts';
import { candidatesAt, lookedFor, scriptOf } from '../../integrations/toolchains/index.ts';
import type { Gate } from '../../machines/pipeline.ts';
import { toolEnvironment } from '../environment.ts';
import { gitIn, isAncestor } from '../git.ts';
import { tailOf } from '../log-file.ts';
import { inside } from '../paths.ts';
import { setUp } from '../set-up/set-up.ts';
import { missingSubmodules } from '../submodules.ts';
import { runToEnd } from '../supervised-command.ts';
import { checkOut } from './checkout.ts';
import { filesOf } from './files.ts';
import { type ChangedJudges, changedJudges, putBack } from './judges.ts';
import { isForMissing, whyNoVerdict } from './outcome.ts';
import type { CommandPlace } from './place.ts';

type CommandGate = Extract<Gate, { kind: 'command' }>;

interface FoundCommand {
  argv: string[];
  from: string;
}

const tailBytes = 3_000;
const mostBaselines = 200;
export async function judgeCommand(gate: CommandGate, place: CommandPlace): Promise<GateReport> {
  const { theirs, own, judges } = await commandsFor(gate, place);
  const report = (verdict: GateReport['verdict'], detail: string): GateReport => ({
    ...{ gate: gate.name, verdict, detail },
    ...(judges.shown.length > 0 && { concerns: judges.shown }),
  });
  if (own === undefined && theirs === undefined)
    return { ...report('inconclusive', nothingToRun(gate)), isAbsent: true };
  const isSame = judges.files.length === 0 && theirs?.argv.join('\0') === own?.argv.join('\0');
  if (isSame) {
    const ran = await besideTarget(gate, place, own!.argv, await runTwice(gate, place, own!.argv));
    return report(ran.verdict, ran.detail);
  }
  const byTarget = theirs && (await runTwice(gate, { ...place, runId: `${place.runId}-target` }, theirs.argv, judges));
  const byBranch = own && (await runTwice(gate, place, own.argv));
  return joined(byTarget, byBranch, report);
}

/**
 * A failure says whether the target fails as well: what was red before is nobody's mistake here. And what is missing only since
 * the change is one of the change's.
 */
async function besideTarget(gate: CommandGate, place: CommandPlace, argv: readonly string[], ran: Ran): Promise<Ran> {
  const { name, commit } = place.target;
  if (commit === undefined || (ran.verdict !== 'fail' && ran.isForMissing !== true)) return ran;
  const verdict = await baselineOf(gate, { ...place, head: commit, runId: `${place.runId}-without` }, argv);
  const [first, ...rest] = ran.detail.split('\n');
  const where = `on ${name} (${commit.slice(0, 9)})`;
  const saying = (said: string) => [`${first}; ${said}`, ...rest].join('\n');
  if (verdict === 'pass') {
    return ran.verdict === 'fail'
      ? ran
      : { verdict: 'fail', detail: saying(`nothing is missing ${where}, without the change`) };
  }
  const how = verdict === 'fail' ? 'fails' : 'cannot be judged';
  return { ...ran, detail: saying(`it ${how} ${where} as well, without the change`) };
}

/** What a command comes to on the target, which many tasks begin on: looked at once. */
async function baselineOf(
  gate: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
): Promise<GateReport['verdict']> {
  const { repository, head, baselines, setUp: rule, hook } = place;
  const tree = await gitIn(repository)(['rev-parse', `${head}^{tree}`]);
  const key = JSON.stringify([repository, tree, argv, rule, hook?.run ?? null]);
  const verdict = baselines.get(key) ?? (await runOnce(gate, place, argv)).verdict;
  baselines.set(key, verdict);
  for (const oldest of baselines.keys()) if (baselines.size > mostBaselines) baselines.delete(oldest);
  return verdict;
}

interface Ran {
  verdict: GateReport['verdict'];
  detail: string;
  /** Something that the code asks for was missing. */
  isForMissing?: boolean;
}

/** What two runs come to, one by the rules of the target and one by those of the branch. */
function joined(
  byTarget: Ran | undefined,
  byBranch: Ran | undefined,
  report: (verdict: GateReport['verdict'], detail: string) => GateReport,
): GateReport {
  if (byBranch?.verdict === 'fail') return report('fail', byBranch.detail);
  if (byTarget?.verdict === 'pass' && byBranch?.verdict === 'pass') {
    return report('pass', `${byTarget.detail}, by the rules of the target as by those of the branch`);
  }
  if (byTarget === undefined) {
    return report(
      'inconclusive',
      `the target has no tests, and those that the branch brings decide for themselves: ${byBranch!.detail}`,
    );
  }
  if (byTarget.verdict === 'pass') {
    return report('inconclusive', `by the rules of the branch: ${byBranch?.detail ?? 'there are no tests any more'}`);
  }
  return report('inconclusive', `by the rules of the target, and not by those of the branch: ${byTarget.detail}`);
}

/** The command of the target and that of the branch, and what the branch has changed of the judging. */
async function commandsFor(
  gate: CommandGate,
  { repository, head, target }: CommandPlace,
): Promise<{ theirs: FoundCommand | undefined; own: FoundCommand | undefined; judges: ChangedJudges }> {
  const git = gitIn(repository);
  const find = async (commit: string): Promise<FoundCommand | undefined> => {
    if (gate.run !== undefined) return { argv: gate.run, from: '' };
    const files = await filesOf(git, commit);
    if (gate.script !== undefined) return scriptOf(files, gate.script);
    const [first] = candidatesAt(files);
    return first && { argv: first.test, from: first.from.join(', ') };
  };
  if (target.commit === undefined) {
    const own = await find(head);
    return { theirs: own, own, judges: { files: [], shown: [] } };
  }
  const [own, theirs, base] = await Promise.all([
    find(head),
    find(target.commit),
    git(['merge-base', target.commit, head], { allow: [1] }),
  ]);
  if (base === '') return { theirs, own, judges: { files: [], shown: [] } };
  const named = [...(theirs?.argv ?? []), ...(own?.argv ?? [])].map(word => word.replace(/^\.\//, ''));
  return { theirs, own, judges: await changedJudges(git, { base, head, named }) };
}

function nothingToRun({ script }: CommandGate): string {
  return script === undefined
    ? `no test command was found in the repository (${lookedFor})`
    : `the repository has no script ${script} (package.json, Makefile)`;
}

/**
 * What passes in a bare checkout passes. Else it is run with what a fresh checkout needs, which may cost minutes; and a failure is
 * looked at again on the same tree.
 */
async function runTwice(
  gate: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
  judges?: ChangedJudges,
): Promise<Ran> {
  const bare = await runOnce(gate, { ...place, hook: null }, argv, judges);
  if (bare.verdict === 'pass') return bare;
  const isBare = place.hook === null;
  const first = isBare ? bare : await runOnce(gate, { ...place, runId: `${place.runId}-made` }, argv, judges);
  if (first.verdict !== 'fail') return first;
  const again = await runOnce(gate, { ...place, runId: `${place.runId}-again` }, argv, judges);
  if (again.verdict !== 'pass') return first;
  const flaky = `${argv.join(' ')} is flaky: it failed, and passed on the same tree when it was run again`;
  return { verdict: gate.flaky === 'inconclusive' ? 'inconclusive' : 'pass', detail: `${flaky}\n${first.detail}` };
}

async function runOnce(
  { timeout }: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
  judges?: ChangedJudges,
): Promise<Ran> {
  const { repository, directory, runId, runsDir } = place;
  const runDir = inside(runsDir, runId);
  let whyNotReady = '';
  // After a crash it may be at work in there, or have ended: then nothing is put in order under its feet.
  if (readStart(runDir) === undefined) {
    const { isUsable, wrong } = await makeReady(place, judges);
    if (!isUsable) return { verdict: 'inconclusive', detail: wrong };
    whyNotReady = wrong;
  }
  const { exit, isTimedOut } = await runToEnd({
    ...{ ...place, argv, worktree: directory, runDir, timeLimitMs: timeout },
    env: environmentOf(place),
  });
  const shown = argv.join(' ');
  const output = [tailOf(join(runDir, 'output.log'), tailBytes), whyNotReady].filter(Boolean).join('\n');
  if (isTimedOut) return { verdict: 'inconclusive', detail: `${shown} took longer than ${timeout} ms\n${output}` };
  if (exit.code === null) return { verdict: 'inconclusive', detail: `${shown} died by ${exit.signal}\n${output}` };
  const why = whyNoVerdict(argv, exit.code, output);
  if (why !== null) {
    return { verdict: 'inconclusive', detail: `${shown} ${why}\n${output}`, isForMissing: isForMissing(why) };
  }
  if (exit.code === 0) return { verdict: 'pass', detail: `${shown} passed` };
  const missing = await missingSubmodules(repository, place.head);
  if (missing.length > 0) {
    const what = `the submodule ${missing.join(', ')} is not on this machine; run git submodule update --init in ${repository}`;
    return { verdict: 'inconclusive', detail: `${shown} failed, and ${what}\n${output}` };
  }
  return { verdict: 'fail', detail: `${shown} failed with exit code ${exit.code}\n${output}` };
}

const environmentOf = ({ env }: CommandPlace) => toolEnvironment(env);

/**
 * Makes the checkout, with what a fresh one needs. What was only found, and could not be done, may not be needed: the command is
 * run all the same, and what it comes to is told with the reason.
 */
async function makeReady(
  place: CommandPlace,
  judges: ChangedJudges | undefined,
): Promise<{ isUsable: boolean; wrong: string }> {
  const { repository, directory, head, target, runId, runsDir, hook } = place;
  const git = gitIn(repository);
  const begun = [`${runId}-setup-1`, `${runId}-hook`].some(name => readStart(inside(runsDir, name)) !== undefined);
  if (!begun) {
    await checkOut({ repository, directory, commit: head, target });
    if (judges !== undefined)
      await putBack(gitIn(directory), directory, { commit: target.commit!, files: judges.files });
  }
  const isOfTarget = target.commit !== undefined && (await isAncestor(git, head, target.commit));
  const env = environmentOf(place);
  const ready = await setUp({ ...place, rule: place.setUp, commit: head, isOfTarget, env });
  const failed = 'what a fresh checkout needs could not be set up';
  const wrong = ready.wrong === null ? '' : `${failed}: ${ready.wrong}`;
  if (wrong !== '' && ready.isDeclared) return { isUsable: false, wrong };
  if (hook === null) return { isUsable: true, wrong };
  const hookId = `${runId}-hook`;
  const { exit, isTimedOut } = await runToEnd({
    ...{ ...place, argv: hook.run, worktree: directory, timeLimitMs: hook.timeLimitMs },
    ...{ runDir: inside(runsDir, hookId), runId: hookId, env: { ...env, SIGNALBOX_HOOK: 'afterCreate' } },
  });
  if (exit.code === 0 && !isTimedOut) return { isUsable: true, wrong };
  const how = isTimedOut
    ? `took longer than ${hook.timeLimitMs} ms`
    : `ended with ${exit.signal ?? `exit code ${exit.code}`}`;
  const output = tailOf(join(inside(runsDir, hookId), 'output.log'), tailBytes);
  return { isUsable: false, wrong: `${failed}: ${hook.run.join(' ')} ${how}\n${output}` };
}
