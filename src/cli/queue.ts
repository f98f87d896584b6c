/** `signalbox queue …`: what runs, what waits and why; holding back and letting on. */
import type { OutputOf } from '../client/signalbox.ts';
import { type Budget, formatAmount, measures, type Spent } from '../domain/budget.ts';
import { nobodyWorks } from './attended.ts';
import { answers } from './command.ts';
import { dayTime, print, table } from './output.ts';

type Queue = OutputOf<'queue.show'>;

export const show = answers({
  operation: 'queue.show',
  examples: [
    'signalbox queue                          # the state of everything, with the reason of each run that waits',
    'signalbox queue pause                    # outlives restarts; "signalbox queue resume" ends it',
    'signalbox queue pause --project shop',
    'signalbox task pause ET-003              # one task',
    'signalbox agent kill-all --reason "wrong model"',
  ],
  show(queue, { hint }) {
    const { counts, maxConcurrency, waiting, running, starting, leases, pressure, pausedProjects } = queue;
    if (!queue.isAttended) print(nobodyWorks(hint));
    print(`worker ${queue.worker}: ${counts.running} of ${maxConcurrency} places taken, ${counts.queued} queued`);
    if (pressure !== null) print(`host under pressure: ${pressure}`);
    for (const [project, by] of Object.entries(pausedProjects)) print(`project ${project} paused by ${by}`);
    const rows = [
      ...running.map(run => [run.runId, 'running', '']),
      ...starting.map(run => [run.runId, 'starting', `the agent ${run.agent} is checked`]),
      ...queue.backoff.map(run => [run.agentId, 'backoff', run.error ?? '']),
      ...waiting.map(run => [run.runId, `queued (priority ${run.priority})`, run.why]),
    ];
    if (rows.length > 0) print(table(['RUN', 'STATE', 'WHY'], rows));
    showResilience(queue);
    for (const { name, waiting: open, oldestAt } of queue.lanes) {
      print(
        `lane ${name}: ${open} ${open === 1 ? 'action waits' : 'actions wait'}, the oldest since ${dayTime(oldestAt)}`,
      );
    }
    showSpending(queue);
    for (const { resource, holder, waiting: next } of leases) {
      print(`lease ${resource}: ${holder ?? 'free'}${next.length > 0 ? `, then ${next.join(', ')}` : ''}`);
    }
  },
});

function showResilience({ resilience }: Queue): void {
  for (const [name, { state, version, problem }] of Object.entries(resilience.preflight)) {
    const told = version === null ? '' : `, version ${version}`;
    print(`agent ${name}: ${state}${told}${problem === null ? '' : `: ${problem}`}`);
  }
  for (const [name, breaker] of Object.entries(resilience.breakers)) {
    const { state, failureCount, threshold, why, retryAt } = breaker;
    const until = retryAt === null ? '' : `; one run probes it at ${dayTime(retryAt)}`;
    const told = why === null ? '' : `, ${why}${until}`;
    print(`breaker ${name}: ${state}, ${failureCount} of ${threshold} failures${told}`);
    for (const { name: model, why: said, until: end } of breaker.models) {
      print(`model ${model} of ${name}: barred until ${dayTime(end)}, ${said}`);
    }
  }
}

function showSpending({ spending: { budgets, ledger } }: Queue): void {
  const line = (name: string, budget: Budget, spent: Spent | undefined) => {
    const parts = measures
      .filter(measure => budget[measure] !== null)
      .map(measure => `${formatAmount(measure, spent?.[measure] ?? 0)} of ${formatAmount(measure, budget[measure]!)}`);
    if (parts.length > 0) print(`budget of ${name}: ${parts.join(', ')}`);
  };
  line('the day', budgets.day, ledger.today);
  for (const [project, { day, total }] of Object.entries(budgets.projects)) {
    line(`${project} for the day`, day, ledger.projects[project]?.today);
    line(`project ${project}`, total, ledger.projects[project]?.total);
  }
}

const named = { project: '--project <name>' };

export const pause = answers({
  operation: 'queue.pause',
  named,
  examples: ['signalbox queue pause', 'signalbox queue pause --project shop'],
  show: worker => print(sentence(worker)),
});

export const resume = answers({
  operation: 'queue.resume',
  named,
  examples: ['signalbox queue resume', 'signalbox queue resume --project shop'],
  show: worker => print(sentence(worker)),
});

function sentence({ drainedBy, pausedProjects, running, queued }: OutputOf<'queue.pause'>): string {
  const paused = Object.keys(pausedProjects);
  const whole =
    drainedBy === null ? 'Agents may start' : `Nothing starts until "signalbox queue resume" (paused by ${drainedBy})`;
  const projects = paused.length === 0 ? '' : `, but not in ${paused.join(', ')}`;
  return `${whole}${projects}. ${running} at work, ${queued} queued.`;
}
