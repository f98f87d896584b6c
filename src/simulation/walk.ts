/**
 * One walk: some tasks of one pipeline in one world, from their orders to their ends, under one seed. What it comes to is told
 * with everything that must not have happened and has.
 */
import { contextOf } from '../app/context.ts';
import { takeDelivery } from '../app/deliveries.ts';
import { type AgentSpec, plainAgent } from '../domain/agent-spec.ts';

import { messageOf } from '../domain/errors.ts';
import { noHooks } from '../domain/hook.ts';
import type { Json } from '../domain/json.ts';
import type { RawDelivery } from '../integrations/webhook.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { type Standing, standingIn, taskTags } from '../machines/standing.ts';
import { type TaskContext, verdictIn } from '../machines/task/context.ts';
import { compileTask } from '../machines/task/task.ts';
import { sayingsAt } from '../machines/words.ts';
import type { Runtime, Transition } from '../runtime/index.ts';
import { forgeName, repositoryName, webhookSecret } from './forge.ts';
import {
  type CrashPlan,
  isKilled,
  mergeQueue,
  type Orchestrator,
  type Planted,
  place,
  serve,
  startOrchestrator,
} from './orchestrator.ts';
import type { Word } from './owed.ts';
import { createPeople } from './people.ts';
import { lookWhetherAllIsWell, waitingForPeople } from './promises.ts';
import type { WorldSettings } from './settings.ts';
import { createWorld, type Happening, isAtForge, type World } from './world.ts';

/** How a task has ended; `unfinished` had not by the horizon. */
export type TaskEnd = 'done' | 'cancelled' | 'failed' | 'unfinished';

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

interface Course {
  orderedAt: number;
  endedAt: number | null;
  end: TaskEnd;
  standing: Standing;
  since: number;
  peopleMs: number;
  /** Whether people review its pull request. */
  isReviewed: boolean;
}

/** A task as it is seen to be. */
interface Noticed {
  context: TaskContext;
  tags: readonly string[];
  status: string;
  at: number;
}

const agent: AgentSpec = {
  ...plainAgent('agent', ['agent']),
  provider: 'provider',
  watch: { silenceMs: 15 * 60_000, noProgressMs: 45 * 60_000 },
  canResume: true,
};
const retryMs = 60_000;
const dayMs = 24 * 3_600_000;

/** Goes one walk to its end. The same seed goes the same way. */
export async function walk(
  pipeline: Pipeline,
  settings: WorldSettings,
  seed: number,
  { crashes, mostRuns = null, signal, planted = {} }: WalkOptions = {},
): Promise<Walked> {
  const world = createWorld(pipeline, settings, seed, delivery => void receive(delivery));
  const { calendar, chance, code, processes } = world;
  const machine = compileTask(pipeline);
  const courses = new Map<string, Course>();
  const accepted = new Set<string>();
  const reviewing = new Set(
    pipeline.stages.flatMap(({ gates }) =>
      gates.filter(({ kind }) => kind === 'pullRequestReview').map(({ name }) => name),
    ),
  );
  let orchestrator: Orchestrator;
  const people = createPeople(world, () => orchestrator);
  const byChance: CrashPlan = write => {
    if (!chance.happens(`killed at write ${write}`, settings.crashes)) return null;
    return chance.happens(`killed after write ${write}`, 50) ? 'after' : 'before';
  };
  orchestrator = await startOrchestrator(world, {
    ...{ crashes: crashes ?? byChance, listener: hear, onBegin: look, planted },
  });
  const ids = Array.from({ length: settings.tasks }, (_, index) => `T-${index + 1}`);
  for (const id of ids) calendar.after(chance.share(`order ${id}`) * settings.within, () => void order(id));
  if (settings.others > 0) pushOfOthers(1);

  const horizonAt = calendar.now() + settings.horizon;
  for (;;) {
    await orchestrator.settle();
    if (signal?.aborted) break;
    if (hasAllEnded() && calendar.isOver) break;
    if (calendar.next === undefined || calendar.next > horizonAt) break;
    calendar.goOn();
  }
  const open = ids.filter(id => courses.has(id) && courses.get(id)!.endedAt === null);
  if (!signal?.aborted)
    await lookWhetherAllIsWell(world, orchestrator, {
      ...{ ids: [...courses.keys()], open, mostRuns, isAwaited: people.isAwaited },
    });
  const gates = await verdictsIn(orchestrator.runtime, [...courses.keys()]);
  await orchestrator.stop();
  return {
    ...{ seed, broken: world.broken, story: world.story, gates },
    tasks: ids.map(id => walked(id)),
    ...{ writes: orchestrator.writes, crashes: orchestrator.crashes },
    deliveries: world.forge?.deliveries ?? { sent: 0, lost: 0, doubled: 0, late: 0 },
    stages: Object.fromEntries(pipeline.stages.map(({ name }) => [name, stageOf(name)])),
  };

  function hasAllEnded(): boolean {
    return courses.size === ids.length && [...courses.values()].every(({ endedAt }) => endedAt !== null);
  }

  /** Whoever is not answered orders it again. */
  async function order(id: string): Promise<void> {
    try {
      const { runtime } = orchestrator;
      if (runtime === undefined) {
        calendar.after(retryMs, () => void order(id));
        return;
      }
      await serve(runtime, world, agent);
      await runtime.create('task', id, inputOf(id), { definition: pipeline as unknown as Json, source: 'ann' });
      people.meet(id);
    } catch (error) {
      if (!isKilled(error)) world.break(`${id} cannot be ordered: ${messageOf(error)}`);
      else calendar.after(retryMs, () => void order(id));
    }
  }

  function inputOf(id: string): Json {
    return {
      ...{ title: id, body: '', project: 'shop', ...place, branch: `feature/${id}`, workItem: id },
      ...{ worktree: `/worktrees/${id}`, priority: 5, agent, agents: {}, hooks: noHooks, wantsBaseline: true },
      mergeQueue,
      forge: isAtForge(pipeline) ? { name: forgeName, repository: repositoryName } : null,
      source: null,
    } as unknown as Json;
  }

  /** Others go on with the target meanwhile. */
  function pushOfOthers(number: number): void {
    calendar.meanwhile(chance.around(`push ${number}`, dayMs / settings.others), () => {
      if (hasAllEnded()) return;
      code.push(`other.${number}`);
      pushOfOthers(number + 1);
    });
  }

  /** A webhook finds the service there, or is lost. */
  async function receive(raw: RawDelivery): Promise<void> {
    const { runtime } = orchestrator;
    if (runtime === undefined) {
      world.forge!.deliveries.lost += 1;
      return;
    }
    const sender = {
      kind: 'gitea',
      name: forgeName,
      secrets: [webhookSecret],
      repositories: [repositoryName],
    } as const;
    const taker = {
      runtime,
      ownAccounts: () => ({ logins: ['signalbox'], ids: [] }),
      secrets: () => [],
      now: calendar.now,
    };
    const id = String(raw.headers['x-gitea-delivery']);
    try {
      const taken = await takeDelivery(taker, [sender], raw);
      if (!('outcome' in taken)) return world.break(`the delivery ${id} is refused: ${taken.refused.why}`);
      // The same again, under its own id or under another one.
      const body = raw.body.toString();
      if (accepted.has(body) && taken.outcome === 'accepted')
        world.break(`what the delivery ${id} says came twice and was accepted again`);
      if (taken.outcome === 'accepted') accepted.add(body);
    } catch (error) {
      // The process was killed while it took it: nobody sends it again.
      if (!isKilled(error)) throw error;
      world.forge!.deliveries.lost += 1;
    }
  }

  function hear(transition: Transition): void {
    const { kind, actorId: id, snapshot, event, from, to, at, outcome, status } = transition;
    if (kind === 'breaker' && from !== to && from !== '') world.tell(null, `the provider's breaker is ${to}`);
    if (kind !== 'task' || !('context' in snapshot)) return;
    const context = snapshot.context as unknown as TaskContext;
    const verdict = verdictIn(event);
    if (verdict !== undefined && outcome === 'applied') {
      const why = verdict.verdict === 'inconclusive' ? ` (${verdict.detail})` : '';
      world.tell(id, `${verdict.gate}: ${verdict.verdict}${why}`);
    }
    if (from !== to) {
      const { headline } = sayingsAt(machine, to);
      const { outcome: ended, reason } = (event.output ?? {}) as { outcome?: string; reason?: string };
      if (ended !== undefined) world.tell(id, `the agent has ended: ${ended} (${reason ?? 'no reason'})`);
      if (headline !== undefined)
        world.tell(id, `${headline}${context.waitsFor === null ? '' : `: ${context.waitsFor}`}`);
    }
    notice(id, { context, tags: taskTags(snapshot as never), status, at });
    const course = courses.get(id)!;
    if (event.type === 'gate.waits' && reviewing.has(String(event.gate))) course.isReviewed = true;
    else if (from !== to) course.isReviewed = false;
  }

  /** What was stored when the process was killed nobody was told: people look at what there is. */
  async function look(runtime: Runtime): Promise<void> {
    for (const row of await runtime.actors({ kind: 'task', limit: 1_000 })) {
      const { id, tags, status, updatedAt: at } = row;
      notice(id, { context: contextOf<TaskContext>(row), tags, status, at });
    }
  }

  function notice(id: string, { context, tags, status, at }: Noticed): void {
    const course = courses.get(id) ?? begunAt(at);
    courses.set(id, course);
    if (course.endedAt !== null) return;
    settle(course, at, standingIn(tags));
    people.see(id, context, tags);
    if (status === 'active') return;
    course.endedAt = at;
    course.end = standingIn(tags) as TaskEnd;
    world.end(id);
    if (course.end === 'done') world.land(id, context.codeTree, 'done');
  }

  function walked(id: string): WalkedTask {
    // One that nobody was there to take was not even begun.
    const course = courses.get(id) ?? begunAt(calendar.now());
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

const begunAt = (at: number): Course => ({
  ...{
    orderedAt: at,
    endedAt: null,
    end: 'unfinished',
    standing: 'working',
    since: at,
    peopleMs: 0,
    isReviewed: false,
  },
});

function settle(course: Course, at: number, standing: Standing): void {
  if (waitingForPeople.includes(course.standing) || course.isReviewed) course.peopleMs += at - course.since;
  course.since = at;
  course.standing = standing;
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
