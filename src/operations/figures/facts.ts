/** What there is to count of one task: from its row, its log and its runs. */
import { contextOf } from '../../app/context.ts';
import type { AgentRunContext } from '../../machines/agent-run-context.ts';
import { createWaits, type Wait, waitsOfOne } from '../../machines/agent-run-waits.ts';
import { projectsIn, type Standing, standingIn } from '../../machines/standing.ts';
import { createCourse, type Turn } from '../../machines/task/course.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { Pipelines } from '../known-pipelines.ts';
import { type GateFacts, gatesIn } from './gates.ts';
import type { Pause } from './pause.ts';
import { type StageTimes, stagesIn } from './times.ts';
import { type UsageFacts, usageOf } from './usage.ts';

/** How a task ends. */
export const outcomes = ['done', 'failed', 'cancelled', 'broken'] as const satisfies readonly Standing[];
export type Outcome = (typeof outcomes)[number];

export interface TaskFacts {
  id: string;
  project: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Null while it lives. */
  endedAt: number | null;
  outcome: Outcome | null;
  stages: StageTimes[];
  turns: Pick<Turn, 'cause' | 'gate' | 'from' | 'to'>[];
  gates: GateFacts[];
  usage: UsageFacts[];
}

const entriesAtOnce = 200;
export interface Reading {
  runtime: Runtime;
  pipelines: Pipelines;
  pause: Pause;
  /** What goes on is counted until then, in milliseconds since the epoch. */
  now: number;
}

/** Everything of a task that can be counted; `runs` are its own, the oldest first. One that lives is counted as far as it has come. */
export async function factsOf(row: ActorRow, runs: readonly ActorRow[], reading: Reading): Promise<TaskFacts> {
  const { pipelines, pause, now } = reading;
  const pipeline = await pipelines(row.definition);
  const told = createCourse(pipeline?.stages.map(({ name }) => name) ?? []);
  await eachEntry(reading, row, told.follow);
  const course = told.course();
  const isOver = row.status !== 'active';
  const until = isOver ? course.last : Math.max(now, course.last);
  const waits: Wait[] = [];
  for (const run of runs) {
    waits.push(...(await waitsOf(run, reading)));
    await pause();
  }
  return {
    id: row.id,
    project: projectsIn(row.tags)[0] ?? '',
    createdAt: row.createdAt,
    endedAt: isOver ? course.last : null,
    outcome: isOver ? outcomeOf(row) : null,
    stages: stagesIn(course, waits, until),
    turns: course.turns.map(({ cause, gate, from, to }) => ({ cause, gate, from, to })),
    gates: gatesIn(course, pipeline),
    usage: usageOf(runs),
  };
}

const outcomeOf = ({ tags }: ActorRow): Outcome => outcomes.find(outcome => outcome === standingIn(tags)) ?? 'broken';

/** Every entry of an actor's log, as far as it is stored. */
async function eachEntry(
  { runtime, pause }: Reading,
  { id }: ActorRow,
  follow: (entry: Awaited<ReturnType<Runtime['log']>>[number]) => void,
): Promise<void> {
  for (let after = 0; ; ) {
    const entries = await runtime.log(id, { after, limit: entriesAtOnce });
    for (const entry of entries) follow(entry);
    await pause();
    if (entries.length < entriesAtOnce) return;
    after = entries.at(-1)!.seq;
  }
}

async function waitsOf(row: ActorRow, reading: Reading): Promise<Wait[]> {
  const known = waitsOfOne(contextOf<AgentRunContext>(row), row);
  if (known !== undefined) return known;
  const told = createWaits();
  await eachEntry(reading, row, told.follow);
  return told.waits();
}
