/**
 * Runs the repository's own tests (or a given command) on a clean checkout and judges by their exit code.
 *
 * The command and what sets it up are the target's. Where the branch has changed them, the target's run first and the branch's
 * own afterwards: what passes with both passes. A failure is looked at twice on the same tree, so that a flaky test is called
 * one, and costs nobody another run.
 */
import type { GateReport } from '../../domain/verdict.ts';
import type { CommandGate } from '../../machines/pipeline.ts';
import { gitIn } from '../git.ts';
import { baselineOf } from './baseline.ts';
import { commandIn, commandsFor, nothingToRun } from './found.ts';
import type { CommandPlace } from './place.ts';
import { type Ran, runTwice } from './running.ts';

/** Where the project says how it is tested, and the gate does not, each of its commands is run; the first failure decides. */
export async function judgeCommand(gate: CommandGate, place: CommandPlace): Promise<GateReport> {
  const reports: GateReport[] = [];
  for (const [index, part] of partsOf(gate, place).entries()) {
    const report = await judgePart(part, {
      ...place,
      runId: index === 0 ? place.runId : `${place.runId}-${index + 1}`,
    });
    reports.push(report);
    if (report.verdict === 'fail') break;
  }
  return together(gate, reports);
}

/** What it comes to on the untouched target, and whether it is this machine that cannot run it. */
export async function judgeTarget(
  gate: CommandGate,
  place: CommandPlace,
  isFresh = false,
): Promise<GateReport & { isOfMachine: boolean }> {
  const reports: GateReport[] = [];
  let isOfMachine = false;
  for (const [index, part] of partsOf(gate, place).entries()) {
    const found = await commandIn(gitIn(place.repository), part, place.head);
    if (found === undefined) {
      const detail = await nothingToRun(gitIn(place.repository), part, place.head);
      reports.push({ gate: gate.name, verdict: 'inconclusive', detail, isAbsent: true });
      continue;
    }
    const ran = await baselineOf(part, { ...place, runId: `${place.runId}-${index + 1}` }, found, isFresh);
    if (ran.isOfMachine === true) isOfMachine = true;
    reports.push({ gate: gate.name, verdict: ran.verdict, detail: ran.detail });
  }
  return { ...together(gate, reports), isOfMachine };
}

function partsOf(gate: CommandGate, { tests }: CommandPlace): CommandGate[] {
  const isFound = gate.run === undefined && gate.script === undefined && gate.cwd === undefined;
  if (!isFound || tests.length === 0) return [gate];
  return tests.map(({ run, cwd }) => ({ ...gate, run, ...(cwd !== '' && { cwd }) }));
}

/** Of several the one that says no, else the one that is not sure. */
function together(gate: CommandGate, reports: readonly GateReport[]): GateReport {
  const worst =
    reports.find(({ verdict }) => verdict === 'fail') ?? reports.find(({ verdict }) => verdict === 'inconclusive');
  const concerns = [...new Set(reports.flatMap(({ concerns: some = [] }) => some))];
  const detail = reports.map(report => report.detail).join('; ');
  return {
    ...(worst ?? { gate: gate.name, verdict: 'pass', detail }),
    ...(concerns.length > 0 && { concerns }),
    ...(reports.some(({ isFlaky }) => isFlaky) && { isFlaky: true }),
  };
}

async function judgePart(gate: CommandGate, place: CommandPlace): Promise<GateReport> {
  const { theirs, own, judges } = await commandsFor(gate, place);
  const report = (verdict: GateReport['verdict'], detail: string): GateReport => ({
    ...{ gate: gate.name, verdict, detail },
    ...(judges.shown.length > 0 && { concerns: judges.shown }),
  });
  if (own === undefined && theirs === undefined)
    return {
      ...report('inconclusive', await nothingToRun(gitIn(place.repository), gate, place.head)),
      isAbsent: true,
    };
  const isSame = judges.files.length === 0 && theirs?.join('\0') === own?.join('\0');
  if (isSame) {
    const ran = await besideTarget(gate, place, own!, await runTwice(gate, place, own!));
    return { ...report(ran.verdict, ran.detail), ...flakyAmong(ran) };
  }
  const byTarget = theirs && (await runTwice(gate, { ...place, runId: `${place.runId}-target` }, theirs, judges));
  const byBranch = own && (await runTwice(gate, place, own));
  return { ...joined(byTarget, byBranch, report), ...flakyAmong(byTarget, byBranch) };
}

const flakyAmong = (...ran: readonly (Ran | undefined)[]) => ran.some(one => one?.isFlaky) && { isFlaky: true };

/**
 * A failure says whether the target fails as well: what was red before is nobody's mistake here. And what is missing only since
 * the change is one of the change's.
 */
async function besideTarget(gate: CommandGate, place: CommandPlace, argv: readonly string[], ran: Ran): Promise<Ran> {
  const { name, commit } = place.target;
  if (commit === undefined || (ran.verdict !== 'fail' && ran.isForMissing !== true)) return ran;
  const without = { ...place, head: commit, runId: `${place.runId}-without` };
  // What was there in the morning may be gone by now, for everybody.
  const { verdict } = await baselineOf(gate, without, argv, ran.isForMissing === true);
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
