/**
 * The configuration as it is written, and as the program sees it. The schema says what each field alone may be and gives
 * defaults; `effective.ts` looks at the whole. No message here repeats a value: it may have come from the environment.
 */

import { z } from 'zod';
import type { AgentKind, AgentSpec, SandboxDriver } from '../domain/agent-spec.ts';
import type { Budget } from '../domain/budget.ts';
import type { Hooks } from '../domain/hook.ts';
import { plainDirectory } from '../domain/plain-directory.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import type { TestCommand } from '../domain/test-command.ts';
import type { PriceTable } from '../integrations/agent-cli.ts';
import type { NotifierRule } from '../machines/notifier.ts';
import { boardSchema, pickSchema, type Source, sourceSchema, winsSchema } from './board.ts';
import { type ChatConfig, chatSchema, notifySchema } from './chats.ts';
import { type ForgeConfig, forgeSchema, type TrackerConfig, trackerSchema } from './forges.ts';
import { type PersonConfig, personSchema } from './people.ts';
import { type RoutineConfig, routineSchema } from './routines.ts';
import { type ServeConfig, serveSchema } from './serve.ts';
import { difficulties, type ModelConfig, modelSchema } from './understanding.ts';
import {
  agentName,
  agentReference,
  amount,
  count,
  duration,
  durationOrOff,
  flag,
  money,
  nameRule,
  numeric,
  object,
  oneOf,
  path,
  positive,
  price,
  priority,
  projectName,
  projectRule,
  record,
  retention,
  size,
  text,
  tokens,
  variableName,
  word,
  wordRule,
  words,
} from './words.ts';

export type { Source } from './board.ts';
export type { ChatConfig } from './chats.ts';
export type { ForgeConfig, TrackerConfig } from './forges.ts';
export type { PersonConfig } from './people.ts';
export type { RoutineConfig } from './routines.ts';
export type { ServeConfig } from './serve.ts';
export type { ModelConfig } from './understanding.ts';

/** Agents at once. The records hold limits for single ones by name. */
export interface WorkerConfig {
  total: number;
  perProject: number;
  perStage: number;
  perAgent: number;
  perProvider: number;
  /** A waiting run becomes one step more urgent each time this has passed. */
  ageingMs: number;
  projects: Record<string, number>;
  stages: Record<string, number>;
  agents: Record<string, number>;
  providers: Record<string, number>;
}

/** Below these nothing new is started. */
export interface HostConfig {
  minFreeDiskBytes: number;
  minFreeMemoryBytes: number;
}

export interface BreakerConfig {
  failureLimit: number;
  cooldownMs: number;
}

export interface PreflightConfig {
  cacheMs: number;
  timeLimitMs: number;
}

export interface RetentionConfig {
  /** How long ago a task must have ended to be removed; null keeps everything. */
  endedAfterMs: number | null;
}

/** A project with everything that it takes over from the whole configuration. */
export interface ProjectConfig {
  name: string;
  /** Absolute. */
  repository: string;
  /** The branch to merge into; null: the one that is checked out. */
  target: string | null;
  /** Work items are `<prefix>-<number>`. */
  prefix: string;
  /** `default`, or the absolute path of a file. */
  pipeline: string;
  /** The agent that plays every role not in `roles`. */
  agent: string;
  roles: Record<string, string>;
  /** 1 is the most urgent, 10 the least. */
  priority: number;
  budget: { total: Budget; day: Budget; run: Budget };
  hooks: Hooks;
  setUp: SetUpRule;
  /** Names of variables that gates are given beside those of the agents. */
  gateEnv: string[];
  tests: TestCommand[];
  wantsBaseline: boolean;
  /** The forge that holds its repository for everybody, and what it is called there; null for a local one alone. */
  forge: string | null;
  /** `owner/name`. */
  remote: string | null;
  /** Where its work comes from, the first one before the others. */
  sources: Source[];
  /** Who may order something of its tasks from outside, by name; null: whoever may write there. */
  people: string[] | null;
}

/** What an agent is good for. */
export interface Ability {
  /** The hardest that it can do. */
  difficulty: (typeof difficulties)[number];
}

export const languages = ['en', 'ru'] as const;
export type Language = (typeof languages)[number];

/** The configuration in force: checked as a whole, defaults filled in, paths absolute, secrets wrapped. */
export interface Config {
  dataDir: string;
  worker: WorkerConfig;
  host: HostConfig;
  breaker: BreakerConfig;
  preflight: PreflightConfig;
  serve: ServeConfig;
  retention: RetentionConfig;
  /** By name; the built-in agents are always among them. */
  agents: Record<string, AgentSpec>;
  agent: string;
  roles: Record<string, string>;
  pipeline: string;
  priority: number;
  /** Over all projects: per day, and the most that a single run may use. */
  budget: { day: Budget; run: Budget };
  projects: Record<string, ProjectConfig>;
  forges: Record<string, ForgeConfig>;
  trackers: Record<string, TrackerConfig>;
  chats: Record<string, ChatConfig>;
  notify: NotifierRule[];
  people: Record<string, PersonConfig>;
  routines: Record<string, RoutineConfig>;
  /** The model that reads issues; null: the rules alone do. */
  reader: ModelConfig | null;
  /** What each agent is good for, as far as it is said. */
  abilities: Record<string, Ability>;
  /** In which people are spoken to. */
  language: Language;
  /** Absolute directory of texts of one's own; null for the built-in ones. */
  texts: string | null;
  prices: PriceTable['models'];
}

const kinds = ['claude', 'codex', 'gemini', 'opencode', 'aider', 'command'] as const satisfies readonly AgentKind[];
const drivers = ['none', 'bubblewrap', 'docker'] as const satisfies readonly SandboxDriver[];

const budget = (what: string) =>
  object({
    tokens: tokens().optional().describe('Tokens of every kind together, such as 5000000, 200k or 5M.'),
    money: money().optional().describe('US dollars.'),
    time: duration().optional().describe('Time in which agents work, such as 8h.'),
    sessions: count().optional().describe('Processes started.'),
  })
    .transform(
      ({ tokens, money, time, sessions }): Budget => ({
        tokens: tokens ?? null,
        moneyUsd: money ?? null,
        timeMs: time ?? null,
        sessions: sessions ?? null,
      }),
    )
    .prefault({})
    .describe(what);

const limits = (pattern: RegExp, rule: string, what: string) =>
  record(pattern, rule, count()).default({}).describe(`Limits for single ${what} by name.`);

const workerSchema = object({
  total: count().default(2).describe('Agents at once, in all. Default 2.'),
  perProject: count().optional().describe('Agents at once in one project. Default: as many as in all.'),
  perStage: count().optional().describe('Agents at once in one stage. Default: as many as in all.'),
  perAgent: count().optional().describe('Runs of one agent at once. Default: as many as in all.'),
  perProvider: count()
    .optional()
    .describe("Runs at once on one account at a model's provider. Default: as many as in all."),
  ageing: duration()
    .default(900_000)
    .describe('A waiting run becomes one step of priority more urgent each time this has passed. Default 15m.'),
  projects: limits(projectName, projectRule, 'projects'),
  stages: limits(word, wordRule, 'stages'),
  agents: limits(agentName, nameRule, 'agents'),
  providers: limits(agentName, nameRule, 'providers'),
}).prefault({});

const sandboxSchema = object({
  driver: oneOf(drivers).default('none').describe('What is put around the agent. Default none.'),
  network: flag()
    .default(true)
    .describe('Whether the agent reaches the network; a model behind an API needs it. Default true.'),
  mounts: z
    .array(
      object({
        path: path('a file or directory').describe('Absolute, or beginning with ~ for your home.'),
        write: flag().default(false).describe('Whether the agent may write there. Default false.'),
      }),
      { error: 'write a list such as [{ path: ~/.claude, write: true }]' },
    )
    .default([])
    .describe('Paths of this machine that the agent also sees, at the same place.'),
  image: text().optional().describe('The image, with the program in it; docker needs one.'),
  cpus: amount(positive(numeric), 'write a number of processors above zero, such as 2 or 0.5')
    .optional()
    .describe('Processors that it may use; docker only.'),
  memory: size().optional().describe('Memory that it may use, such as 4GB; docker only.'),
});

const agentSchema = object({
  kind: oneOf(kinds)
    .optional()
    .describe(
      'Which program it is: decides the command line and how its output is read. Default: the name, where that is a kind.',
    ),
  program: z
    .union([text(), words('word').min(1, 'name a program')], {
      error: 'write a program, or a list of program and arguments',
    })
    .optional()
    .describe(
      'The program; text is split into words as a shell would. Default: that of the kind. Kind command needs one.',
    ),
  model: text().optional().describe('The model; without it the program chooses.'),
  provider: z
    .string({ error: 'write a name' })
    .regex(agentName, nameRule)
    .optional()
    .describe(
      "The account at the model's provider, which the breaker guards; agents may share one. Default: that of the kind; of kind command, the agent's name.",
    ),
  env: z
    .array(variableName(), { error: 'write a list of names, such as [ANTHROPIC_API_KEY]' })
    .default([])
    .describe("Names of variables that the agent gets from Signalbox's environment."),
  set: z
    .record(variableName(), z.string({ error: 'write text, in quotes if it looks like a number' }), {
      error: issue => (issue.code === 'invalid_key' ? 'this cannot be the name of an environment variable' : undefined),
    })
    .default({})
    .describe(`Variables with values. \${NAME} is filled in only when the agent starts, and is stored nowhere.`),
  args: words('argument').default([]).describe('Arguments added to the command line as they are.'),
  maxTurns: count().optional().describe('Turns after which it stops by itself, where it can.'),
  difficulty: oneOf(difficulties)
    .optional()
    .describe('The hardest work that it can do: with it the cheapest agent that is good enough is chosen for an item.'),
  sandbox: sandboxSchema.prefault({}).describe('What is around its process.'),
  watch: object({
    silence: durationOrOff()
      .optional()
      .describe('How long it may print nothing while no tool runs, or off. Default: that of the kind.'),
    noProgress: durationOrOff()
      .optional()
      .describe(
        'How long it may go on without a new commit, diff, tool result or message, or off. Default 20m; off for kind command.',
      ),
  })
    .prefault({})
    .describe('When it counts as stuck.'),
});

const hookSchema = object({
  run: words('word').min(1, 'name a program').describe('Program and arguments; no shell reads them.'),
  timeLimit: duration().default(300_000).describe('Default 5m.'),
});

const rolesSchema = (what: string) => record(word, wordRule, agentReference()).default({}).describe(what);

const setUpSchema = object({
  run: z
    .union([words('word').min(1), z.array(words('word').min(1)).min(1)], {
      error: 'write a program and its arguments, such as [npm, ci], or a list of such',
    })
    .describe('Program and arguments, or several of them that run one after another; no shell reads them.'),
  keyedBy: words('file')
    .default([])
    .describe('Files by which alone it is decided what comes of it. With any, what is made is kept and copied.'),
  timeLimit: duration().default(900_000).describe('Default 15m.'),
});

const projectSchema = object({
  repository: path('a git repository').describe('A local git repository, relative to this file.'),
  target: text().optional().describe('The branch to merge into. Default: the one that is checked out.'),
  prefix: z
    .string({ error: 'write a few letters, such as ET' })
    .regex(/^[A-Za-z][A-Za-z0-9]{0,15}$/, 'use 1 to 16 letters and digits, beginning with a letter, such as ET')
    .optional()
    .describe('Work items are called <prefix>-<number>. Default: made from the name of the project.'),
  pipeline: text().optional().describe('Instead of the `pipeline` for all.'),
  agent: agentReference().optional(),
  roles: rolesSchema('Agents by role, beside or instead of those for all.'),
  priority: priority().optional().describe('Instead of the `priority` for all.'),
  budget: object({
    total: budget('All that may ever be spent in this project.'),
    day: budget('What may be spent in this project in a day (UTC).'),
    run: budget('What one run in this project may spend; the tighter of this and that for all counts.'),
  })
    .prefault({})
    .describe('How much may be spent.'),
  setup: z
    .union([oneOf(['detected', 'none'] as const), setUpSchema, z.array(setUpSchema).min(1)], {
      error:
        'write detected, none, or a command such as { run: [npm, ci], keyedBy: [package-lock.json] }, or a list of such',
    })
    .optional()
    .describe(
      'What a fresh checkout needs, for agents and gates. Default: what the files of the repository say, unless there is `hooks.afterCreate`.',
    ),
  gates: object({
    env: z
      .array(variableName(), { error: 'write a list of names, such as [HTTPS_PROXY]' })
      .default([])
      .describe("Names of variables that gates get from Signalbox's environment beside those of the agents."),
    tests: z
      .array(
        object({
          run: words('word').min(1).describe('Program and arguments; no shell reads them.'),
          cwd: z
            .string()
            .refine(path => !path.startsWith('/') && !path.split('/').includes('..'), 'must stay inside the repository')
            .transform(plainDirectory)
            .default('')
            .describe('Where in the repository, from its top.'),
        }),
        { error: 'write a list of commands, such as [{ run: [npm, test] }]' },
      )
      .default([])
      .describe(
        'How the project is tested: what `command` gates run that name no command. Default: what its files say.',
      ),
    baseline: z
      .boolean()
      .default(true)
      .describe('Whether `command` gates are run on the untouched target before the first agent works.'),
  })
    .prefault({})
    .describe('What holds for all gates.'),
  hooks: object({
    afterCreate: hookSchema.optional().describe('After a worktree was made.'),
    beforeRun: hookSchema.optional().describe('Before each attempt of an agent.'),
    afterRun: hookSchema.optional().describe('After each attempt of an agent.'),
    beforeRemove: hookSchema.optional().describe('Before a worktree is removed.'),
  })
    .prefault({})
    .describe('Commands that run in the worktree at fixed points.'),
  forge: text().optional().describe('The forge in `forges` that holds the repository for everybody.'),
  remote: z
    .string({ error: 'write owner/name' })
    .regex(/^[^\s/]+(?:\/[^\s/]+)+$/, 'write owner/name, as the forge shows it')
    .optional()
    .describe('What the repository is called there, such as acme/shop.'),
  tracker: text().optional().describe('The tracker in `trackers`, or a forge in `forges`, that holds its work items.'),
  trackerProject: text().optional().describe("The id or identifier of the tracker's project."),
  pick: pickSchema
    .optional()
    .describe('Which items of the tracker are for agents. Default: those assigned to the account of Signalbox.'),
  board: boardSchema.optional().describe('What items show, and what is heard of them.'),
  wins: winsSchema.describe('Who wins for which field where tracker and task differ.'),
  sources: z
    .array(sourceSchema, { error: 'write a list of trackers' })
    .default([])
    .describe('Further trackers of this project, such as one for bugs.'),
  people: z
    .array(text(), { error: 'write a list of names in `people`' })
    .optional()
    .describe('Who may order something of its tasks from outside. Default: whoever may write at the tracker.'),
});

const priceSchema = object({
  pattern: text().describe(
    "Part of the model's name; the first entry that fits counts, yours before the built-in ones.",
  ),
  window: tokens().describe('Tokens that its context holds.'),
  input: price().optional().describe('US dollars per million tokens.'),
  cachedInput: price().optional().describe('Default: as `input`.'),
  cacheWrite: price().optional().describe('Default: as `input`.'),
  output: price().optional(),
}).refine(({ input, output, cachedInput, cacheWrite }) => {
  const isPriced = input !== undefined && output !== undefined;
  return isPriced || [input, output, cachedInput, cacheWrite].every(value => value === undefined);
}, 'give both `input` and `output`, or no price at all');

export const configSchema = object({
  $schema: z.string().optional().describe('Where the JSON Schema of this file lies; for editors.'),
  data: path('a directory')
    .default('.signalbox')
    .describe('The data directory, relative to this file. Default .signalbox.'),
  worker: workerSchema.describe('How many agents work at once.'),
  host: object({
    minFreeDisk: size()
      .default(1024 ** 3)
      .describe('Default 1GB.'),
    minFreeMemory: size()
      .default(512 * 1024 ** 2)
      .describe('Default 512MB.'),
  })
    .prefault({})
    .describe('What must be free on this machine for a run to start.'),
  breaker: object({
    failureLimit: count()
      .default(3)
      .describe('Transient failures in a row that stop dispatch to a provider. Default 3.'),
    cooldown: duration().default(300_000).describe('How long until one run probes it again. Default 5m.'),
  })
    .prefault({})
    .describe('Stops dispatch to a provider that keeps failing.'),
  preflight: object({
    cache: duration().default(45_000).describe('How long an answer holds. Default 45s.'),
    timeLimit: duration().default(15_000).describe('How long a program may take to tell its version. Default 15s.'),
  })
    .prefault({})
    .describe('Whether an agent can be started is found out before a run is spent on it.'),
  serve: serveSchema.describe('How the service is reached, and by whom.'),
  retention: object({
    endedAfter: retention()
      .default(null)
      .describe('How long ago a task must have ended to be removed with its log and files. Default null: never.'),
  })
    .prefault({})
    .describe('What is removed by itself, once a day, while somebody works on the data.'),
  agents: record(agentName, nameRule, agentSchema)
    .default({})
    .describe('The agents. claude, codex, gemini, opencode and aider are there without being named.'),
  agent: agentReference()
    .optional()
    .describe('Who plays a role that `roles` does not name. Default: the first of `agents`, or claude.'),
  roles: rolesSchema('Agents by role.'),
  pipeline: text().default('default').describe('`default`, or a pipeline file relative to this file.'),
  priority: priority()
    .default(5)
    .describe('Of tasks that are given none: 1 is the most urgent, 10 the least. Default 5.'),
  budget: object({
    day: budget('What may be spent in a day (UTC), all projects together.'),
    run: budget('What any one run may spend.'),
  })
    .prefault({})
    .describe('How much may be spent, over all projects.'),
  forges: record(agentName, nameRule, forgeSchema).default({}).describe('Servers that hold repositories, by name.'),
  trackers: record(agentName, nameRule, trackerSchema)
    .default({})
    .describe('Places where work items are kept, by name.'),
  chats: record(agentName, nameRule, chatSchema)
    .default({})
    .describe('Places where people hear of what happens, by name.'),
  notify: z
    .array(notifySchema, { error: 'write a list such as [{ chat: ops }]' })
    .default([])
    .describe('What is told where.'),
  people: record(agentName, nameRule, personSchema)
    .default({})
    .describe('People and their accounts at forges, trackers and chats, by name.'),
  routines: record(agentName, nameRule, routineSchema).default({}).describe('Work that is ordered again and again.'),
  reader: modelSchema
    .optional()
    .describe('A model that reads issues and estimates them, beside the rules. Default: the rules alone.'),
  language: oneOf(languages).default('en').describe('In which people are spoken to: en or ru. Default en.'),
  texts: path('a directory').optional().describe('Templates of comments, instead of the built-in ones.'),
  projects: record(projectName, projectRule, projectSchema).default({}).describe('The projects.'),
  prices: z
    .array(priceSchema, { error: 'write a list of models' })
    .default([])
    .describe('Prices and context windows of models, before the built-in ones.'),
}).describe(`Configuration of Signalbox. \${NAME} in any text is taken from the environment; $\${ stands for \${.`);

/** What may be written. */
export type ConfigSource = z.input<typeof configSchema>;
/** What was written, each field read; not yet looked at as a whole. */
export type ParsedConfig = z.output<typeof configSchema>;
export type ParsedAgent = z.output<typeof agentSchema>;
export type ParsedProject = z.output<typeof projectSchema>;
