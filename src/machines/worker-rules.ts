/** What holds a queued run back, as a decision and in words: the worker and `signalbox queue` use the same one. */
import { formatAmount } from '../domain/budget.ts';
import { own } from '../domain/own.ts';
import { reserve } from './ledger.ts';
import type { QueuedRun, WorkerContext, WorkerLimits } from './worker-context.ts';

/** Why a run may not start now, in a sentence; undefined when it may. */
export function whatHolds(run: QueuedRun, context: WorkerContext, at: number): string | undefined {
  const { limits } = context;
  const busy = [...context.asked, ...context.running];
  if (run.held !== null) return heldWords(run, run.held);
  const stopped = whatStops(run, context);
  if (stopped !== undefined) return stopped;
  if (busy.length >= limits.total) return `all ${limits.total} places are taken`;
  for (const [kind, name, limit] of limitsOf(run, limits)) {
    const count = busy.filter(other => other[kind] === name).length;
    if (count >= limit) return `${limit} ${limit === 1 ? 'run' : 'runs'} of ${kind} ${name} at once are the limit`;
  }
  const { lacking } = reserve(context, run, at);
  if (lacking === undefined) return undefined;
  const { measure, limit, spent, reserved, scope } = lacking;
  const open = reserved > 0 ? ` and ${formatAmount(measure, reserved)} set aside for runs at work` : '';
  const until = scope.endsWith('day') ? '; it is whole again at midnight UTC' : '; raise it in the configuration';
  return `the budget of ${scope} is used up: ${formatAmount(measure, spent)}${open} of ${formatAmount(measure, limit)}${until}`;
}

/** What forbids any start of this run, however much room there is; undefined when nothing does. */
export function whatStops(
  run: QueuedRun,
  { pausedProjects, pausedTasks, pressure }: WorkerContext,
): string | undefined {
  const projectBy = own(pausedProjects, run.project);
  const taskBy = own(pausedTasks, run.taskId);
  if (taskBy !== undefined) return `the task was paused by ${taskBy}`;
  if (projectBy !== undefined) return `project ${run.project} was paused by ${projectBy}`;
  return pressure === null ? undefined : `the host is under pressure: ${pressure}`;
}

/** Why a queued run has not started, in words; `tags` are those of the worker. */
export function whyQueued(run: QueuedRun, context: WorkerContext, tags: readonly string[], at: number): string {
  if (tags.includes('drained')) {
    const by = context.drainedBy === null ? '' : ` (by ${context.drainedBy})`;
    return `the worker is draining${by} and starts nothing`;
  }
  const held = whatHolds(run, context, at);
  if (held !== undefined) return held;
  return tags.includes('unattended') ? 'nobody works on this data now' : 'more urgent runs go first';
}

function heldWords(run: QueuedRun, { by, why }: NonNullable<QueuedRun['held']>): string {
  if (by === 'preflight') return `the agent ${run.agent} cannot be started: ${why}`;
  if (by === 'model') return `the allowance of the model is used up: ${why}`;
  return `the breaker of ${run.provider} is open: ${why}`;
}

type Kind = 'project' | 'stage' | 'agent' | 'provider';

function limitsOf(run: QueuedRun, limits: WorkerLimits): [Kind, string, number][] {
  return [
    ['project', run.project, own(limits.projects, run.project) ?? limits.perProject],
    ['stage', run.stage, own(limits.stages, run.stage) ?? limits.perStage],
    ['agent', run.agent, own(limits.agents, run.agent) ?? limits.perAgent],
    ['provider', run.provider, own(limits.providers, run.provider) ?? limits.perProvider],
  ];
}
