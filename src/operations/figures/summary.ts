/** What can be said of any set of tasks. */
import { spreadOf } from '../../domain/statistics.ts';
import type { SummaryView } from '../views/figures.ts';
import { outcomes, type TaskFacts } from './facts.ts';
import type { GateFacts } from './gates.ts';
import { namedOf } from './groups.ts';
import { inMs, spentOf, verdictsOf } from './parts.ts';
import type { Pause } from './pause.ts';
import type { UsageFacts } from './usage.ts';

export async function summaryOf(tasks: readonly TaskFacts[], pause: Pause): Promise<SummaryView> {
  const ended = new Map(outcomes.map(outcome => [outcome, [] as TaskFacts[]]));
  const [living, reworked, judged, used]: TaskFacts[][] = [[], [], [], []];
  const gates: GateFacts[] = [];
  const usage: UsageFacts[] = [];
  let turns = 0;
  for (const task of tasks) {
    (task.outcome === null ? living! : ended.get(task.outcome)!).push(task);
    if (task.turns.length > 0) reworked!.push(task);
    if (task.gates.length > 0) judged!.push(task);
    if (task.usage.length > 0) used!.push(task);
    turns += task.turns.length;
    gates.push(...task.gates);
    usage.push(...task.usage);
    await pause();
  }
  const [done, failed, cancelled, broken] = outcomes.map(outcome => ended.get(outcome)!);
  const leadTimes = done!.map(({ createdAt, endedAt }) => endedAt! - createdAt);
  await pause();
  return {
    ...{ done: namedOf(done!), failed: namedOf(failed!), cancelled: namedOf(cancelled!), broken: namedOf(broken!) },
    living: namedOf(living!),
    leadTime: { ...inMs(spreadOf(leadTimes)), ...namedOf(done!) },
    rework: { count: turns, ...namedOf(reworked!) },
    verdicts: { ...verdictsOf(gates), ...namedOf(judged!) },
    spent: { ...spentOf(usage), ...namedOf(used!) },
  };
}
