/** What a simulated world is like: how agents, gates, people, the forge and the machine behave. Shares are in percent. */
import { z } from 'zod';
import { problemsOf, readDocument, refuse } from '../config/document.ts';
import { duration, type Pipeline } from '../machines/pipeline.ts';

const percent = z.number().min(0).max(100);
const weight = z.number().min(0);

/** How the process of an agent ends by itself, in the words of outcomes; `stalled` and `timedOut` never do. */
export const ends = [
  ...(['succeeded', 'permanent', 'refused', 'transient', 'quota', 'authentication', 'contextExhausted'] as const),
  ...(['lost', 'stalled', 'timedOut'] as const),
] as const;
export type End = (typeof ends)[number];

const usualEnds: Record<End, number> = {
  ...{ succeeded: 86, permanent: 3, refused: 1, transient: 3, quota: 1, authentication: 0, contextExhausted: 2 },
  ...{ lost: 1, stalled: 2, timedOut: 1 },
};

const agentFields = {
  /** How long a run works that is not cut off, and what that costs in US dollars: the median of many. */
  works: duration.refine(ms => ms >= 1_000, 'a process works for a second at least'),
  costs: z.number().min(0),
  /** How a process ends, by weights. */
  ends: z
    .partialRecord(z.enum(ends), weight)
    .refine(
      ({ succeeded }) => succeeded !== undefined,
      'say how often it `succeeded` too: what is not named does not happen',
    )
    .refine(weights => Object.values(weights).some(one => (one ?? 0) > 0), 'at least one weight has to be above zero'),
  /** How often an agent that may ask a person asks, and one that may object objects. */
  asks: percent,
  objects: percent,
};
const agentSchema = z.strictObject({
  works: agentFields.works.default(20 * 60_000),
  costs: agentFields.costs.default(1.2),
  ends: agentFields.ends.default(usualEnds),
  asks: agentFields.asks.default(15),
  objects: agentFields.objects.default(4),
});
const stageSchema = z
  .strictObject(agentFields)
  .partial()
  .extend({
    /** How its first processes end, one after another, in every task; after them it is chance again. */
    script: z.array(z.enum(ends)).max(50).optional(),
    /** What it writes; without it that is told from its gates. */
    writes: z.enum(['code', 'documents']).optional(),
  });
const verdicts = z
  .strictObject({ pass: weight, fail: weight.default(0), inconclusive: weight.default(0) })
  .refine(weights => Object.values(weights).some(one => one > 0), 'at least one weight has to be above zero');

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'write a time such as 09:00');
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const peopleSchema = z
  .strictObject({
    from: clockTime.default('09:00'),
    to: clockTime.default('17:00'),
    days: z.array(z.enum(weekdays)).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri']),
    /** How long it takes them to answer while they are there: the median of many. */
    answers: duration.default(30 * 60_000),
    /** How often they send work back that waits for their approval. */
    rejects: percent.default(10),
    /** How often an answer is sent twice, or comes again when the next question is asked. */
    repeats: percent.default(5),
    /** How many tasks somebody pauses, stops an agent of, or gives up, for no reason that could be known. */
    meddles: percent.default(6),
    /** After how many of their decisions a task is given up that is not done by then. */
    patience: z.int().min(1).max(1_000).default(12),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'people go home after they have come' });
const forgeSchema = z.strictObject({
  /** Deliveries that never come, come twice, or late. */
  lost: percent.default(10),
  doubled: percent.default(10),
  late: percent.default(20),
  /** Hours in which it is away for a while. */
  away: percent.default(2),
  /** How long a build takes. */
  builds: duration.default(8 * 60_000),
});

export const worldSchema = z
  .strictObject({
    /** Tasks of one walk, which compete for places and for the target, and the hours within which they are ordered. */
    tasks: z.int().min(1).max(50).default(3),
    within: duration.default(2 * 3_600_000),
    /** Agents that work at once. */
    places: z.int().min(1).max(100).default(2),
    agents: agentSchema.prefault({}),
    stages: z.record(z.string(), stageSchema).default({}),
    /** What gates say, by their names. */
    gates: z.record(z.string(), verdicts).default({}),
    people: peopleSchema.prefault({}),
    forge: forgeSchema.prefault({}),
    /** Commits of others to the target in a day, and how often bringing them in is a conflict. */
    others: z.number().min(0).max(1_000).default(4),
    conflicts: percent.default(5),
    /** Writes at which the orchestrator is killed, and how long it is away then. */
    crashes: z.number().min(0).max(25).default(0.2),
    away: duration.default(60_000),
    /** After how long a task counts as one that does not end. */
    horizon: duration.default(28 * 24 * 3_600_000),
  })
  .refine(({ within, horizon }) => within < horizon, {
    path: ['horizon'],
    message: 'it ends before all is ordered (`within`)',
  });
export type WorldSettings = z.output<typeof worldSchema>;
export type StageSettings = z.output<typeof agentSchema> & Pick<z.output<typeof stageSchema>, 'script' | 'writes'>;

export const usualWorld: WorldSettings = worldSchema.parse({});

/** Reads a world from a YAML, JSON or TypeScript file. Throws `invalid` with one problem for each thing that is wrong. */
export async function loadWorld(file: string, cwd: string): Promise<WorldSettings> {
  const source = await readDocument(file, { what: 'a world', exported: 'world', cwd });
  if (source.value === undefined)
    throw refuse(source, [{ path: '', message: 'it exports no world: `export default {…}`' }]);
  const result = worldSchema.safeParse(source.value ?? {});
  if (result.success) return result.data;
  throw refuse(source, problemsOf(result.error, source));
}

/** How agents are in one stage. */
export function settingsOf({ agents, stages }: WorldSettings, stage: string): StageSettings {
  const own = Object.hasOwn(stages, stage) ? stages[stage]! : {};
  return { ...agents, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}

/** Names that a world gives and its pipeline does not have, in words. */
export function unknownNames({ stages, gates }: WorldSettings, pipeline: Pipeline): string[] {
  const knownStages = pipeline.stages.map(({ name }) => name);
  // What people approve they say themselves: `people.rejects`.
  const judged = pipeline.stages.flatMap(stage => stage.gates.filter(({ kind }) => kind !== 'approval'));
  const knownGates = judged.map(({ name }) => name);
  const unknown = (what: string, given: object, known: readonly string[]) =>
    Object.keys(given)
      .filter(name => !known.includes(name))
      .map(name => `${what} ${name}: there are ${known.join(', ')}`);
  return [...unknown('stages', stages, knownStages), ...unknown('gates', gates, knownGates)];
}

/** When people who were asked at an instant have had so many milliseconds of their hours for it. In UTC. */
export function inTheirHours({ from, to, days }: WorldSettings['people'], at: number, ms: number): number {
  const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const [opens, closes] = [minutesOf(from) * 60_000, minutesOf(to) * 60_000];
  let left = ms;
  for (let day = Math.floor(at / dayMs); ; day++) {
    // The epoch began on a Thursday.
    if (!days.includes(weekdays[(day + 3) % 7]!)) continue;
    const start = Math.max(at, day * dayMs + opens);
    const end = day * dayMs + closes;
    if (start + left < end) return start + left;
    left -= Math.max(0, end - start);
  }
}

const dayMs = 86_400_000;
