/**
 * What has to be so when nothing happens any more: the orchestrator's own records are held against what the world has seen. What
 * has to be so at every moment the world looks at itself.
 */
import { contextOf } from '../app/context.ts';
import { breakerId, preflightId, workerId } from '../machines/addresses.ts';
import type { MergeQueueContext } from '../machines/merge-queue.ts';
import { type Standing, standingIn } from '../machines/standing.ts';
import type { TaskContext } from '../machines/task/context.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import { whatHolds } from '../machines/worker-rules.ts';
import type { Runtime } from '../runtime/index.ts';
import { mergeQueue, type Orchestrator } from './orchestrator.ts';
import type { World } from './world.ts';

/** Standings in which it is up to people. */
export const waitingForPeople: readonly Standing[] = ['person', 'blocked', 'paused'];

interface Looked {
  /** All tasks, and those that have not ended. */
  ids: readonly string[];
  open: readonly string[];
  /** The most agent runs without a person that there may be; null where nobody has promised any. */
  mostRuns: number | null;
  /** Whether a person is going to do something about a task. */
  isAwaited(taskId: string): boolean;
}

/** What has to be so when nothing happens any more. */
export async function lookWhetherAllIsWell(
  world: World,
  orchestrator: Orchestrator,
  { ids, open, mostRuns, isAwaited }: Looked,
): Promise<void> {
  const { runtime } = orchestrator;
  if (runtime === undefined) return world.break('the orchestrator did not come back');
  for (const { actorId, reason } of (await runtime.verify()).differences)
    world.break(`${actorId} is not what its log leads to: ${reason}`);
  const letters = await runtime.deadLetters();
  for (const { actorId, event, error } of letters.events)
    world.break(`${event.type} for ${actorId} became a dead letter: ${error}`);
  for (const { key, error } of letters.outbox) world.break(`the action ${key} became a dead letter: ${error}`);
  for (const { actorId, timerId } of orchestrator.overdue())
    world.break(`the deadline ${timerId} of ${actorId} has come, and nothing came of it`);
  for (const id of ids) {
    if (open.includes(id)) await lookWhyOpen(world, { orchestrator, runtime, isAwaited }, id);
    else await lookAtAccount(world, runtime, id);
  }
  for (const [id, runs] of world.mostRuns) {
    if (mostRuns !== null && runs > mostRuns)
      world.break(`${id}: ${runs} agent runs without a person, where at most ${mostRuns} were promised`);
  }
  await lookAtPlaces(world, runtime);
  if (open.length === 0) await lookAtLedger(world, runtime);
}

/** One that has not ended waits for somebody: a person who will act, a deadline, a job, a place or a merge that is taken. */
async function lookWhyOpen(
  world: World,
  {
    orchestrator,
    runtime,
    isAwaited,
  }: { orchestrator: Orchestrator; runtime: Runtime; isAwaited: Looked['isAwaited'] },
  id: string,
): Promise<void> {
  const row = (await runtime.actor(id))!;
  const standing = standingIn(row.tags);
  if (waitingForPeople.includes(standing)) {
    if (!isAwaited(id)) world.break(`${id} waits for a person, and nobody was asked: it is ${row.state}`);
    return;
  }
  if (orchestrator.openOf(id) > 0 || (await isInLine(world, { orchestrator, runtime }, id))) return;
  world.break(`${id} waits for nobody: it is ${row.state}`);
}

/** The worker is there before anything else. */
const workerOf = async (runtime: Runtime) => contextOf<WorkerContext>((await runtime.actor(workerId))!);

/** Who holds the merge and who waits for it; there is none before the first task. */
async function leaseOf(runtime: Runtime): Promise<Pick<MergeQueueContext, 'holder' | 'waiting'>> {
  const row = await runtime.actor(mergeQueue);
  return row === undefined ? { holder: null, waiting: [] } : contextOf<MergeQueueContext>(row);
}

/** Whether it waits for a place, a provider or the merge for a reason that will be over. */
async function isInLine(
  world: World,
  { orchestrator, runtime }: { orchestrator: Orchestrator; runtime: Runtime },
  id: string,
): Promise<boolean> {
  const lives = async (actor: string | null) => actor !== null && (await runtime.actor(actor))?.status === 'active';
  const { holder, waiting } = await leaseOf(runtime);
  if (waiting.includes(id)) return holder !== id && (await lives(holder));
  const worker = await workerOf(runtime);
  const run = [...worker.queue, ...worker.asked].find(({ taskId }) => taskId === id);
  if (run === undefined) return false;
  const keepers = [preflightId(run.agent), breakerId(run.provider)];
  // Who has turned it away looks again by itself, or a probe tells.
  const isKept = keepers.some(keeper => orchestrator.openOf(keeper) > 0) || worker.running.length > 0;
  if (run.held !== null || worker.asked.some(({ taskId }) => taskId === id)) return isKept;
  return whatHolds(run, worker, world.calendar.now()) !== undefined && worker.running.length + worker.asked.length > 0;
}

async function lookAtAccount(world: World, runtime: Runtime, id: string): Promise<void> {
  const row = (await runtime.actor(id))!;
  const own = world.processes.all.filter(({ taskId }) => taskId === id);
  if (!world.isTidy(id)) world.break(`${id} has ended, and its worktree was not removed`);
  const { spent, attempts } = contextOf<TaskContext>(row);
  const cost = own.reduce((sum, process) => sum + process.costUsd(), 0);
  if (Math.abs(spent.moneyUsd - cost) > 0.001)
    world.break(`${id} has cost $${cost.toFixed(4)}, and $${spent.moneyUsd.toFixed(4)} are on its account`);
  const counted = Object.values(attempts).reduce((sum, count) => sum + count, 0);
  if (counted !== own.length) world.break(`${id} had ${own.length} processes, and ${counted} are on its account`);
}

/** Nobody who has ended holds a place or the merge, or waits for one. */
async function lookAtPlaces(world: World, runtime: Runtime): Promise<void> {
  const lives = async (id: string) => (await runtime.actor(id))?.status === 'active';
  const { queue, asked, running } = await workerOf(runtime);
  for (const { runId } of [...queue, ...asked, ...running]) {
    if (!(await lives(runId))) world.break(`${runId} has ended, and holds or wants a place`);
  }
  const { holder, waiting } = await leaseOf(runtime);
  for (const id of [...(holder === null ? [] : [holder]), ...waiting]) {
    if (!(await lives(id))) world.break(`${id} has ended, and holds or wants the merge`);
  }
}

/** Every cent is on the books. */
async function lookAtLedger(world: World, runtime: Runtime): Promise<void> {
  const { ledger } = await workerOf(runtime);
  const cost = world.processes.all.reduce((sum, process) => sum + process.costUsd(), 0);
  const totals = Object.values(ledger.projects).map(({ total }) => total);
  const onBooks = totals.reduce((sum, { moneyUsd }) => sum + moneyUsd, 0);
  if (Math.abs(cost - onBooks) > 0.001)
    world.break(`agents have cost $${cost.toFixed(4)}, and $${onBooks.toFixed(4)} are on the ledger`);
  const worked = world.processes.all.reduce((sum, { startedAt, endedAt }) => sum + (endedAt ?? 0) - startedAt, 0);
  const timeMs = totals.reduce((sum, total) => sum + total.timeMs, 0);
  if (worked !== timeMs) world.break(`agents have worked ${worked} ms, and ${timeMs} ms are on the ledger`);
  const sessions = totals.reduce((sum, total) => sum + total.sessions, 0);
  const begun = world.processes.all.length;
  if (sessions !== begun) world.break(`${begun} processes were begun, and ${sessions} are on the ledger`);
}
