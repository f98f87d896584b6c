/**
 * What has to be so when nothing happens any more: the orchestrator's own records are held against what the world has seen. What
 * has to be so at every moment the world looks at itself.
 */
import { contextOf } from '../app/context.ts';
import { workerId } from '../machines/addresses.ts';
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
}

/** What has to be so when nothing happens any more. */
export async function lookWhetherAllIsWell(
  world: World,
  orchestrator: Orchestrator,
  { ids, open, mostRuns }: Looked,
): Promise<void> {
  const { runtime } = orchestrator;
  if (runtime === undefined) return world.break('the orchestrator did not come back');
  for (const { actorId, reason } of (await runtime.verify()).differences)
    world.break(`${actorId} is not what its log leads to: ${reason}`);
  const letters = await runtime.deadLetters();
  for (const { actorId, event, error } of letters.events)
    world.break(`${event.type} for ${actorId} became a dead letter: ${error}`);
  for (const { key, error } of letters.outbox) world.break(`the action ${key} became a dead letter: ${error}`);
  for (const id of ids) {
    if (open.includes(id)) await lookWhyOpen(world, orchestrator, runtime, id);
    else await lookAtAccount(world, runtime, id);
  }
  for (const [id, runs] of world.mostRuns) {
    if (mostRuns !== null && runs > mostRuns)
      world.break(`${id}: ${runs} agent runs without a person, where at most ${mostRuns} were promised`);
  }
  await lookAtPlaces(world, runtime);
  if (open.length === 0) await lookAtLedger(world, runtime);
}

/** One that has not ended waits for somebody: a person, a deadline, a job, or a place that is taken. */
async function lookWhyOpen(world: World, orchestrator: Orchestrator, runtime: Runtime, id: string): Promise<void> {
  const row = (await runtime.actor(id))!;
  if (waitingForPeople.includes(standingIn(row.tags)) || orchestrator.openOf(id) > 0) return;
  const worker = contextOf<WorkerContext>((await runtime.actor(workerId))!);
  const queued = worker.queue.find(({ taskId }) => taskId === id);
  const why = queued && whatHolds(queued, worker, world.calendar.now());
  if (why === undefined) world.break(`${id} waits for nobody: it is ${row.state}`);
}

async function lookAtAccount(world: World, runtime: Runtime, id: string): Promise<void> {
  const row = (await runtime.actor(id))!;
  const own = world.processes.all.filter(({ taskId }) => taskId === id);
  for (const { key, endedAt } of own)
    if (endedAt === null) world.break(`${id} has ended, and its process ${key} lives on`);
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
  const worker = await runtime.actor(workerId);
  const lease = await runtime.actor(mergeQueue);
  const { queue, asked, running } = contextOf<WorkerContext>(worker!);
  for (const { runId } of [...queue, ...asked, ...running]) {
    if (!(await lives(runId))) world.break(`${runId} has ended, and holds or wants a place`);
  }
  const { holder, waiting } = lease === undefined ? { holder: null, waiting: [] } : contextOf<MergeQueueContext>(lease);
  for (const id of [...(holder === null ? [] : [holder]), ...waiting]) {
    if (!(await lives(id))) world.break(`${id} has ended, and holds or wants the merge`);
  }
}

/** Every cent is on the books. */
async function lookAtLedger(world: World, runtime: Runtime): Promise<void> {
  const { ledger } = contextOf<WorkerContext>((await runtime.actor(workerId))!);
  const cost = world.processes.all.reduce((sum, process) => sum + process.costUsd(), 0);
  const onBooks = Object.values(ledger.projects).reduce((sum, { total }) => sum + total.moneyUsd, 0);
  if (Math.abs(cost - onBooks) > 0.001)
    world.break(`agents have cost $${cost.toFixed(4)}, and $${onBooks.toFixed(4)} are on the ledger`);
}
