/** `signalbox queue …`: what runs, what waits and why; holding back and letting on. */
import { Command } from 'commander';
import { type QueueView, readQueue } from '../commands/queue.ts';
import { createWorkerCommands, type WorkerView } from '../commands/worker.ts';
import { type Budget, formatAmount, measures, type Spent } from '../domain/budget.ts';
import { actor, type CommonOptions, configured, withApp, withCommonOptions } from './command.ts';
import { dayTime, print, printJson, table } from './output.ts';

interface ScopeOptions extends CommonOptions {
  project?: string;
}

export function queueCommand(): Command {
  const queue = withCommonOptions(new Command('queue').description('what runs, what waits and why')).action(show);
  const scope = (command: Command) =>
    command.option('--project <name>', 'only this project; everything without it').action(
      // Options that the group knows too are taken by the group.
      async (options: ScopeOptions, self: Command) => change(self.name(), { ...self.optsWithGlobals(), ...options }),
    );
  queue.addCommand(
    scope(new Command('pause').description('start no agent any more until "resume"; those at work go on to their end')),
  );
  queue.addCommand(scope(new Command('resume').description('let agents start again')));
  return queue.addHelpText(
    'after',
    `
Examples:
  $ signalbox queue                          # the state of everything, with the reason of each run that waits
  $ signalbox queue pause                    # outlives restarts; "signalbox queue resume" ends it
  $ signalbox queue pause --project shop
  $ signalbox task pause ET-003              # one task
  $ signalbox agent kill-all --reason "wrong model"`,
  );
}

async function show({ json, ...place }: CommonOptions): Promise<void> {
  const queue = await withApp({ ...place, mode: 'read' }, app => readQueue(app));
  if (json) return printJson(queue);
  const { counts, maxConcurrency, waiting, running, starting, leases, pressure, pausedProjects } = queue;
  if (queue.worker === 'draining.forShutdown') {
    print('Nobody works on this data now; "signalbox run --repo PATH --id ID" goes on.');
  }
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
  showSpending(queue);
  for (const { resource, holder, waiting: next } of leases) {
    print(`lease ${resource}: ${holder ?? 'free'}${next.length > 0 ? `, then ${next.join(', ')}` : ''}`);
  }
}

function showResilience({ resilience }: QueueView): void {
  for (const [name, { state, version, problem }] of Object.entries(resilience.preflight)) {
    print(
      `agent ${name}: ${state}${version === null ? '' : `, version ${version}`}${problem === null ? '' : `: ${problem}`}`,
    );
  }
  for (const [name, breaker] of Object.entries(resilience.breakers)) {
    const { state, failureCount, threshold, why, retryAt } = breaker;
    const until = retryAt === null ? '' : `; one run probes it at ${dayTime(retryAt)}`;
    print(
      `breaker ${name}: ${state}, ${failureCount} of ${threshold} failures${why === null ? '' : `, ${why}${until}`}`,
    );
  }
}

function showSpending({ spending: { budgets, ledger } }: QueueView): void {
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

async function change(verb: string, { project, json, ...place }: ScopeOptions): Promise<void> {
  // A broken configuration does not keep anybody from pausing.
  const known = await configured(place).then(
    ({ config }) => Object.keys(config.projects),
    () => [],
  );
  const view = await withApp({ ...place, mode: 'commit' }, app => {
    const worker = createWorkerCommands(app);
    return verb === 'pause' ? worker.pause(actor(), project, known) : worker.resume(actor(), project);
  });
  if (json) printJson(view);
  else print(sentence(view));
}

function sentence({ state, drainedBy, pausedProjects, running, queued }: WorkerView): string {
  const paused = Object.keys(pausedProjects);
  const whole =
    state === 'draining.byOperator'
      ? `Nothing starts until "signalbox queue resume" (paused by ${drainedBy})`
      : 'Agents may start';
  const projects = paused.length === 0 ? '' : `, but not in ${paused.join(', ')}`;
  return `${whole}${projects}. ${running} at work, ${queued} queued.`;
}
