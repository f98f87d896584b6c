/** A pipeline as data: stages, who works in them, the gates to leave them, and where a refusal leads. */
import { z } from 'zod';
import type { Budget } from '../domain/budget.ts';
import { parseDuration } from '../domain/duration.ts';
import { nearest } from '../domain/nearest.ts';
import { plainDirectory } from '../domain/plain-directory.ts';

const name = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9]{0,31}$/, 'use a word of letters and digits that begins with a small letter')
  // Names are keys of what a task remembers: one that every object has would be found before it was put there.
  .refine(word => !(word in Object.prototype), 'this word means something in every program; use another');

/** A duration as it is written in a file, in milliseconds. */
export const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'write a duration such as 30s, 5m or 1h30m, or milliseconds' });
  return z.NEVER;
});

/** A limit that can be switched off. */
const limit = z.union([z.literal('off').transform(() => null), duration]);

/** How much may be used: tokens, US dollars, working time, processes. */
const amounts = {
  tokens: z.number().positive().optional(),
  money: z.number().positive().optional(),
  time: duration.optional(),
  sessions: z.int().positive().optional(),
};

/** What happens when a budget is used up: a person is asked, the task is parked, or a cheaper model goes on. */
const atLimit = z.union([
  z.enum(['person', 'park']),
  z.strictObject({
    /** The model that goes on, with as much again. */
    model: z.string().min(1),
    afterwards: z.enum(['person', 'park']).default('person'),
  }),
]);

const budgetSchema = z.strictObject({ ...amounts, atLimit: atLimit.default('person') });
const taskBudgetSchema = z.strictObject({ ...amounts, atLimit: z.enum(['person', 'park']).default('person') });
const velocitySchema = z.strictObject(amounts);

const file = z
  .string()
  .min(1)
  .refine(path => !path.startsWith('/') && !path.split('/').includes('..'), 'must stay inside the documents folder');

const artifacts = z.strictObject({
  kind: z.literal('artifacts'),
  name,
  /** Inside the task's documents folder; `*` stands for any part of a file name. */
  files: z.array(file).min(1),
  need: z.enum(['all', 'any']).default('all'),
});

const verdict = z.strictObject({
  kind: z.literal('verdict'),
  name,
  file,
  /** The key in the file's YAML front matter. */
  field: z.string().min(1).default('verdict'),
  pass: z.array(z.string().min(1)).min(1),
  fail: z.array(z.string().min(1)).default([]),
});

const command = z.strictObject({
  kind: z.literal('command'),
  name,
  /** Program and arguments; without it the repository's own test script is looked for. */
  run: z.array(z.string().min(1)).min(1).optional(),
  /** Instead of `run`: a script of package.json or a target of the Makefile, by name. */
  script: z
    .string()
    .regex(/^[A-Za-z][\w:.-]{0,63}$/, 'use the name of a script or target')
    .optional(),
  /** Where in the checkout it runs, from its top. */
  cwd: z
    .string()
    .min(1)
    .refine(path => !path.startsWith('/') && !path.split('/').includes('..'), 'must stay inside the repository')
    .transform(plainDirectory)
    .optional(),
  timeout: duration.default(900_000),
  /** What a command comes to that fails and then passes on the same tree. */
  flaky: z.enum(['pass', 'inconclusive']).default('pass'),
});

const paths = z.strictObject({
  kind: z.literal('paths'),
  name,
  /**
   * What a person has to approve when the branch changes it: `db/migrations/**`. Without it what decides how code is judged:
   * scripts and settings of tests, builds, tests that are removed.
   */
  protect: z
    .array(
      z
        .string()
        .min(1)
        .max(300)
        .refine(
          pattern => !pattern.startsWith('/') && !pattern.split('/').includes('..'),
          'must stay inside the repository',
        ),
    )
    .min(1)
    .max(100)
    .optional(),
});

const approval = z.strictObject({ kind: z.literal('approval'), name });

const hour = 3_600_000;

const ci = z.strictObject({
  kind: z.literal('ci'),
  name,
  /** Names of the checks that have to be green; `*` stands for any part. Without it all that the forge knows of, and at least one. */
  checks: z.array(z.string().min(1).max(200)).min(1).max(50).optional(),
  /** How long builds may take; after that the gate is inconclusive. */
  deadline: duration.default(2 * hour),
});

const pullRequestReview = z.strictObject({
  kind: z.literal('pullRequestReview'),
  name,
  /** People who have to approve. Our own account and the author of the pull request do not count. */
  approvals: z.int().min(1).max(20).default(1),
  /** Logins of those whose approvals count. Without it everybody's who can review there: in a public repository that is anybody. */
  people: z.array(z.string().min(1).max(100)).min(1).max(100).optional(),
  /** Whether threads that nobody has resolved hold it back, where the forge tells of them. */
  threads: z.enum(['resolved', 'any']).default('resolved'),
  /** How long people may take; after that the gate is inconclusive. */
  deadline: duration.default(7 * 24 * hour),
});

export const gateSchema = z.discriminatedUnion('kind', [
  artifacts,
  verdict,
  command,
  paths,
  approval,
  ci,
  pullRequestReview,
]);

const runSchema = z
  .strictObject({
    timeLimit: duration.default(1_800_000),
    grace: duration.default(20_000),
    permanentAttempts: z.int().min(1).max(20).default(2),
    transientAttempts: z.int().min(1).max(20).default(5),
    /** How long a provider is waited for that answers nothing, before a person is told. */
    patience: duration.default(12 * hour),
    /** What one run may use, all its attempts together. */
    budget: z.strictObject(amounts).optional(),
    /** How long it may print nothing with no tool at work, and how long it may get nowhere; the agent's own by default. */
    silence: limit.optional(),
    noProgress: limit.optional(),
    /** Fresh sessions that may take over from one whose context is full. */
    handovers: z.int().min(0).max(20).default(3),
    /** `read`: the agent is not permitted to change files, where its CLI can be told so. */
    access: z.enum(['write', 'read']).default('write'),
    /**
     * Whether an agent that says it is done, on the first attempt, must have changed something. By default where no gate
     * looks at what it leaves: tests that passed before pass again.
     */
    mustChange: z.boolean().optional(),
    backoff: z.strictObject({ base: duration.default(10_000), cap: duration.default(600_000) }).prefault({}),
  })
  .prefault({});

/** How often something may happen without a person. */
const budget = z.int().min(0).max(20).default(3);

const stageSchema = z.strictObject({
  name,
  role: name,
  run: runSchema,
  gates: z.array(gateSchema).min(1, 'a stage needs at least one gate; nothing passes by itself'),
  /** A file by which the agent asks a person. */
  questions: file.optional(),
  /** A file by which the agent objects to an earlier stage's work, and where that leads. */
  objection: z.strictObject({ file, to: name, limit: budget }).optional(),
  /** Where a failed gate leads, how often without a person, and what when the budget is used up. */
  rework: z
    .strictObject({ to: name.optional(), limit: budget, otherwise: z.enum(['person', 'blocked']).default('person') })
    .prefault({}),
  /** What all runs of this stage may use together, and what happens at the limit. */
  budget: budgetSchema.optional(),
  /** Merges the branch into the target before the agent works, and what the agent adds when the stage is left. */
  merge: z.strictObject({ onConflict: name, limit: budget }).optional(),
  /** The stage that follows; the next in the list when it is not given, `done` after the last. */
  next: name.optional(),
});

export const pipelineSchema = z
  .strictObject({
    name,
    /** What the whole task may use. */
    budget: taskBudgetSchema.optional(),
    /** What a task may use without passing a stage: more than that is a loop, and stops. */
    velocity: velocitySchema.default({ sessions: 12 }),
    /** How often a forge that is away is tried before a person is asked; with the longest wait in between about a day. */
    forgeTries: z.int().min(1).max(10_000).default(300),
    stages: z.array(stageSchema).min(1).max(20),
  })
  .superRefine(({ stages }, context) => {
    const names = new Map<string, number>();
    const gates = new Map<string, string>();
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const known = new Set(stages.map(stage => stage.name));
    const refer = (path: (string | number)[], to: string | undefined, others: readonly string[] = []) => {
      if (to === undefined || known.has(to) || others.includes(to)) return;
      const all = [...known, ...others];
      const [near] = nearest(to, all);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      complain(path, `there is no stage ${to}; there are ${all.join(', ')}${hint}`);
    };
    for (const [index, stage] of stages.entries()) {
      const at = ['stages', index];
      if (reserved.has(stage.name)) complain([...at, 'name'], `${stage.name} is a state of every task`);
      if (names.has(stage.name)) complain([...at, 'name'], `stage ${stage.name} exists already`);
      names.set(stage.name, index);
      refer([...at, 'objection', 'to'], stage.objection?.to);
      refer([...at, 'rework', 'to'], stage.rework.to);
      refer([...at, 'merge', 'onConflict'], stage.merge?.onConflict);
      refer([...at, 'next'], stage.next, ['done']);
      for (const [gateIndex, gate] of stage.gates.entries()) {
        const other = gates.get(gate.name);
        if (other !== undefined) complain([...at, 'gates', gateIndex, 'name'], `gate ${gate.name} exists in ${other}`);
        gates.set(gate.name, stage.name);
      }
    }
  });

const reserved = new Set(['task', 'created', 'paused', 'cancelled', 'failed', 'done', 'landing', 'waiting']);

export type Pipeline = z.output<typeof pipelineSchema>;
export type PipelineSource = z.input<typeof pipelineSchema>;
export type Stage = Pipeline['stages'][number];
export type Gate = z.output<typeof gateSchema>;
export type CommandGate = Extract<Gate, { kind: 'command' }>;

export type AtLimit = z.output<typeof atLimit>;

/** A budget of a pipeline as the four measures. */
export function budgetOf(amounts: z.output<typeof velocitySchema> | undefined): Budget {
  const { tokens = null, money = null, time = null, sessions = null } = amounts ?? {};
  return { tokens, moneyUsd: money, timeMs: time, sessions };
}

/**
 * The stages that a task goes through when every gate passes, in that order. All others are detours: a task comes there by a
 * refusal, an objection, a conflict or a person.
 */
export const ordinaryWay = (pipeline: Pipeline): Stage[] => wayFrom(pipeline, pipeline.stages[0]);

/** The stages that follow each other from one on, itself included; none twice. */
export function wayFrom(pipeline: Pipeline, start: Stage | undefined): Stage[] {
  const way: Stage[] = [];
  for (let stage = start; stage !== undefined && !way.includes(stage); ) {
    way.push(stage);
    const next = following(pipeline, stage);
    stage = pipeline.stages.find(({ name }) => name === next);
  }
  return way;
}

/** The stage before another one on the ordinary way, or in the list for a detour; the first has itself. */
export function preceding(pipeline: Pipeline, stage: Stage): Stage {
  const way = ordinaryWay(pipeline);
  const line = way.includes(stage) ? way : pipeline.stages;
  return line[Math.max(0, line.indexOf(stage) - 1)]!;
}

/**
 * Gates of a way whose verdict speaks of the code and lapses when it changes. What a person approves is the code from the
 * first stage on in which code is judged; before that it is what is planned. Where people alone judge, it is always the code.
 */
export function judgingCode(way: readonly Stage[]): Gate[] {
  const speaks = ({ kind }: Gate) => kind !== 'artifacts' && kind !== 'approval';
  const first = way.findIndex(({ gates }) => gates.some(speaks));
  return way.flatMap(({ gates }, index) =>
    gates.filter(gate => speaks(gate) || (gate.kind === 'approval' && index >= first)),
  );
}

/** Gates that are decided at a forge: how long they may wait for that, in milliseconds; null for those that know at once. */
export const patienceOf = (gate: Gate): number | null => ('deadline' in gate ? gate.deadline : null);

/** What a pipeline runs, with the stage of each. */
export const commandsOf = ({ stages }: Pipeline): { gate: CommandGate; stage: Stage }[] =>
  stages.flatMap(stage => stage.gates.filter(gate => gate.kind === 'command').map(gate => ({ gate, stage })));

/** The stage that follows, or `done`. */
export function following(pipeline: Pipeline, stage: Stage): string {
  return stage.next ?? pipeline.stages[pipeline.stages.indexOf(stage) + 1]?.name ?? 'done';
}

/** What an agent in this stage is asked to leave in the documents folder, for its prompt. */
export function leavesOf(stage: Stage): string[] {
  return stage.gates.flatMap(gate => {
    if (gate.kind === 'artifacts') return [`${gate.need === 'any' ? 'one of ' : ''}${gate.files.join(', ')}`];
    if (gate.kind !== 'verdict') return [];
    const words = [...gate.pass, ...gate.fail].join(' or ');
    return [`${gate.file} with the front matter "${gate.field}: ${words}"`];
  });
}

/** Whether a stage takes success without a change for none. */
export function mustChange({ run, gates }: Stage): boolean {
  return run.mustChange ?? !gates.some(({ kind }) => kind === 'artifacts' || kind === 'verdict');
}

/** Files of a stage that speak only of the round in which they were written. */
export function roundFilesOf(stage: Stage): string[] {
  const verdicts = stage.gates.flatMap(gate => (gate.kind === 'verdict' ? [gate.file] : []));
  return [stage.questions, stage.objection?.file, ...verdicts].filter(path => path !== undefined);
}
