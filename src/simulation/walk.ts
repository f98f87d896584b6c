/**
 * One walk: some tasks of one pipeline in one world, from their orders to their ends, under one seed. What it comes to is told
 * with everything that must not have happened and has.
 */
import type { Pipeline } from '../machines/pipeline.ts';
import { verdictIn } from '../machines/task/context.ts';
import type { Runtime } from '../runtime/index.ts';
import { createCourses, type TaskEnd } from './course.ts';
import { type CrashPlan, type Orchestrator, type Planted, startOrchestrator } from './orchestrator.ts';
import { createReceiver, order, pushOfOthers } from './orders.ts';
import type { Word } from './owed.ts';
import { createPeople } from './people/people.ts';
import { lookWhetherAllIsWell } from './promises.ts';
import type { WorldSettings } from './settings.ts';
import { createWorld, type Happening, type World } from './world.ts';

export interface WalkedTask {
  id: string;
  end: TaskEnd;
  /** From its order to its end. Of that agents have worked, and people were waited for. */
  tookMs: number;
  workedMs: number;
  peopleMs: number;
  costUsd: number;
  processes: number;
  decisions: number;
  /** The most agent runs without a person in between. */
  mostRuns: number;
}

export interface Walked {
  seed: number;
  tasks: WalkedTask[];
  /** Promises that were broken, in words; empty when all were kept. */
  broken: string[];
  story: Happening[];
  writes: number;
  crashes: number;
  deliveries: { sent: number; lost: number; doubled: number; late: number };
  /** What agents have done in each stage, and what each gate has said. */
  stages: Record<string, { processes: number; workedMs: number; costUsd: number }>;
  gates: Record<string, Record<Word, number>>;
}

export interface WalkOptions {
  /** Where the process is killed; by chance without it, as often as the world says. */
  crashes?: CrashPlan;
  /** The most agent runs without a person that there may be; unknown without it. */
  mostRuns?: number | null;
  /** Gives the walk up. */
  signal?: AbortSignal | undefined;
  /** For tests of the simulation itself: other machines, or a store that lies. */
  planted?: Planted;
}

/** Goes one walk to its end. The same seed goes the same way. */
export async function walk(
  pipeline: Pipeline,
  settings: WorldSettings,
  seed: number,
  { crashes, mostRuns = null, signal, planted = {} }: WalkOptions = {},
): Promise<Walked> {
  const receive = createReceiver(
    () => world,
    () => orchestrator,
  );
  const world = createWorld(pipeline, settings, seed, delivery => void receive(delivery));
  const { calendar, chance, processes } = world;
  const people = createPeople(world, () => orchestrator);
  const courses = createCourses(world, people);
  const byChance: CrashPlan = write => {
    if (!chance.happens(`killed at write ${write}`, settings.crashes)) return null;
    return chance.happens(`killed after write ${write}`, 50) ? 'after' : 'before';
  };
  const orchestrator: Orchestrator = await startOrchestrator(world, {
    ...{ crashes: crashes ?? byChance, listener: courses.hear, onBegin: courses.look, planted },
  });
  const ids = Array.from({ length: settings.tasks }, (_, index) => `T-${index + 1}`);
  const hasAllEnded = () => ids.every(id => courses.all.get(id)?.endedAt != null);
  for (const id of ids) {
    const afterMs = chance.share(`order ${id}`) * settings.within;
    calendar.after(afterMs, () => void order(id, world, () => orchestrator, people));
  }
  if (settings.others > 0) pushOfOthers(world, hasAllEnded);

  const horizonAt = calendar.now() + settings.horizon;
  for (;;) {
    await orchestrator.settle();
    if (signal?.aborted) break;
    if (hasAllEnded() && calendar.isOver) break;
    if (calendar.next === undefined || calendar.next > horizonAt) break;
    calendar.goOn();
  }
  const known = [...courses.all.keys()];
  const open = known.filter(id => courses.of(id).endedAt === null);
  if (!signal?.aborted)
    await lookWhetherAllIsWell(world, orchestrator, { ids: known, open, mostRuns, isAwaited: people.isAwaited });
  const gates = await verdictsIn(orchestrator.runtime, known);
  await orchestrator.stop();
  return {
    ...{ seed, broken: world.broken, story: world.story, gates },
    tasks: ids.map(id => walked(id)),
    ...{ writes: orchestrator.writes, crashes: orchestrator.crashes },
    deliveries: world.forge?.deliveries ?? { sent: 0, lost: 0, doubled: 0, late: 0 },
    stages: Object.fromEntries(pipeline.stages.map(({ name }) => [name, stageOf(name)])),
  };

  function walked(id: string): WalkedTask {
    const course = courses.of(id);
    const own = processes.all.filter(({ taskId }) => taskId === id);
    const until = course.endedAt ?? calendar.now();
    return {
      ...{ id, end: course.end, tookMs: until - course.orderedAt, peopleMs: course.peopleMs },
      ...sumOf(own, calendar.now()),
      decisions: people.decisions.get(id) ?? 0,
      mostRuns: world.mostRuns.get(id) ?? 0,
    };
  }

  function stageOf(stage: string) {
    return sumOf(
      processes.all.filter(one => one.stage === stage),
      calendar.now(),
    );
  }
}

/** What gates have said, by the logs: of what was stored as the process was killed nobody was told. */
async function verdictsIn(runtime: Runtime | undefined, ids: readonly string[]): Promise<Walked['gates']> {
  const gates: Walked['gates'] = {};
  for (const id of ids) {
    const entries = (await runtime?.log(id, { after: 0, limit: 1_000_000 })) ?? [];
    for (const { event, outcome } of entries) {
      const verdict = outcome === 'applied' ? verdictIn(event) : undefined;
      if (verdict === undefined) continue;
      gates[verdict.gate] ??= { pass: 0, fail: 0, inconclusive: 0 };
      gates[verdict.gate]![verdict.verdict] += 1;
    }
  }
  return gates;
}

function sumOf(own: World['processes']['all'], now: number) {
  const workedMs = own.reduce((sum, { startedAt, endedAt }) => sum + (endedAt ?? now) - startedAt, 0);
  const costUsd = own.reduce((sum, process) => sum + process.costUsd(), 0);
  return { processes: own.length, workedMs, costUsd: Math.round(costUsd * 100) / 100 };
}

/** For tests: what must be the same however often the process was killed. */
export const essenceOf = ({ tasks, broken }: Walked) => ({
  broken,
  tasks: tasks.map(({ id, end, processes, costUsd }) => ({ id, end, processes, costUsd })),
});
