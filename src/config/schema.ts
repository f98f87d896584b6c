/**
 * The configuration as it is written, and as the program sees it. The schema says what each field alone may be and gives
 * defaults; `effective.ts` looks at the whole. No message here repeats a value: it may have come from the environment.
 */
import { z } from 'zod';
import type { AgentKind, AgentSpec, SandboxDriver } from '../domain/agent-spec.ts';
import type { Budget } from '../domain/budget.ts';
import { parseDuration } from '../domain/duration.ts';
import type { Hooks } from '../domain/hook.ts';
import { nearest } from '../domain/nearest.ts';
import { type Role, roles } from '../domain/role.ts';
import { parseCount, parseSize } from '../domain/size.ts';
import { isVariableName } from '../domain/variables.ts';
import type { PriceTable } from '../integrations/agent-cli.ts';

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

/** How the service is reached, and by whom. */
export interface ServeConfig {
  host: string;
  port: number;
  /** Under which others reach it; null: under its host and port. */
  publicUrl: string | null;
  /** By name; the SHA-256 of each in hexadecimal, never the token. */
  tokens: Record<string, { role: Role; sha256: string }>;
  /** Origins of other sites whose pages may ask. */
  origins: string[];
  /** Of one token from one address; null for no limit. */
  requestsPerMinute: number | null;
  /** Addresses, or the number, of proxies before it. */
  trustProxy: string[] | number | null;
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
}

/** The configuration in force: checked as a whole, defaults filled in, paths absolute, no secret in it. */
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
  prices: PriceTable['models'];
}

const kinds = ['claude', 'codex', 'gemini', 'opencode', 'aider', 'command'] as const satisfies readonly AgentKind[];
const drivers = ['none', 'bubblewrap', 'docker'] as const satisfies readonly SandboxDriver[];

// ---- Words of which the schema is made -----------------------------------------------------------------------------

/** An object that knows all its keys and says for each other one what may have been meant. */
function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys' ? issue.keys.map(key => explainKey(key, known)).join('\n') : undefined,
  });
}

function explainKey(key: string, known: readonly string[]): string {
  const others = known.length > 1 ? ` (there are ${known.join(', ')})` : '';
  return `there is no field ${JSON.stringify(key)} here; did you mean "${nearest(key, known)[0]}"?${others}`;
}

/** Text or a number, read by `parse`, which answers undefined for what it cannot read. */
function amount(parse: (value: string | number) => number | undefined, message: string) {
  return z.union([z.number(), z.string()], { error: message }).transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

const positive = (parse: (value: string | number) => number | undefined) => (value: string | number) => {
  const parsed = parse(value);
  return parsed !== undefined && parsed > 0 ? parsed : undefined;
};

/** A digit string counts as a number: that is what a variable of the environment gives. */
const numeric = (value: string | number) =>
  typeof value === 'number' ? value : /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;

const whole = (least: number, most: number) => (value: string | number) => {
  const number = numeric(value);
  return number !== undefined && Number.isInteger(number) && number >= least && number <= most ? number : undefined;
};

// Functions, because `describe` and `default` belong to the place, not to the kind of value.
const duration = () => amount(positive(parseDuration), 'write a duration such as 30s, 5m or 1h30m, longer than zero');
const durationOrOff = () =>
  z
    .union([z.number(), z.string(), z.literal(false)], { error: 'write a duration such as 15m, or off' })
    .transform((value, context) => {
      if (value === false || value === 'off') return null;
      const parsed = positive(parseDuration)(value);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: 'write a duration such as 15m or 1h30m, or off for no limit' });
      return z.NEVER;
    });
/** Shorter ones are slips: a bare number is milliseconds, and what ended a moment ago is still being looked at. */
const shortestRetentionMs = 3_600_000;
const retention = () =>
  z
    .union([z.number(), z.string(), z.null()], { error: 'write a duration such as 90d, or null to keep everything' })
    .transform((value, context) => {
      if (value === null) return null;
      const parsed = parseDuration(value);
      if (parsed !== undefined && parsed >= shortestRetentionMs) return parsed;
      context.addIssue({
        code: 'custom',
        message: 'write a duration of 1h or more, such as 90d, or null to keep everything',
      });
      return z.NEVER;
    });
const size = () => amount(positive(parseSize), 'write a size such as 512MB or 4GB, larger than zero');
const count = () => amount(whole(1, 10_000), 'write a whole number from 1');
const money = () =>
  amount(positive(numeric), 'write an amount in US dollars as a number above zero, such as 20 or 4.5');
const price = () =>
  amount(value => {
    const parsed = numeric(value);
    return parsed !== undefined && parsed >= 0 ? parsed : undefined;
  }, 'write US dollars per million tokens as a number, such as 3 or 0.3');
const tokens = () => amount(positive(parseCount), 'write a whole number of tokens such as 5000000, 200k or 5M');
const priority = () => amount(whole(1, 10), 'write a whole number from 1, the most urgent, to 10, the least');

/** Yes or no, also as the text that a variable of the environment gives. */
const flag = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])], { error: 'write true or false' })
    .transform(value => value === true || value === 'true');

const text = () =>
  z
    .string({ error: 'write text, in quotes if it looks like a number' })
    .trim()
    .min(1, 'write something, or leave the field out');

const path = (what: string) =>
  z
    .string({ error: `write the path of ${what}` })
    .min(1, `write the path of ${what}, or leave the field out`)
    .refine(value => !value.includes('\0'), 'a path holds no NUL character');

const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, {
    error: ({ input }) => {
      const likely = typeof input === 'string' ? nearest(input, names)[0] : undefined;
      return `write one of ${names.join(', ')}${likely === undefined ? '' : `; did you mean ${likely}?`}`;
    },
  });

const agentName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const nameRule = 'use 1 to 64 letters, digits, ".", "-" or "_", beginning with a letter or digit';
const projectName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const projectRule = 'use 1 to 64 letters, digits, "-" or "_", beginning with a letter or digit';
const word = /^[a-z][a-zA-Z0-9]{0,31}$/;
const wordRule = 'use a word of letters and digits that begins with a small letter';

/** What every object has by itself is nobody's name. */
const isNoBuiltIn = (name: string) => !(name in Object.prototype);

/** A record whose keys follow a rule; a wrong key says which rule. */
function record<Value extends z.core.SomeType>(pattern: RegExp, rule: string, value: Value) {
  return z.record(z.string().regex(pattern).refine(isNoBuiltIn), value, {
    error: issue => (issue.code === 'invalid_key' ? `this name cannot be used: ${rule}` : undefined),
  });
}

const agentReference = () => text().describe('The name of an agent in `agents`, or of a built-in one.');
const variableName = () =>
  z
    .string({ error: 'write the name of an environment variable' })
    .refine(isVariableName, 'write the name of an environment variable (letters, digits, "_"), not its value')
    .meta({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' });

const words = (what: string) =>
  z.array(z.string({ error: `write ${what} as text, in quotes if it looks like a number` }), {
    error: `write a list of ${what}s, such as [npm, ci]`,
  });

// ---- The parts -----------------------------------------------------------------------------------------------------

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

const serveSchema = object({
  host: text().default('127.0.0.1').describe('The address to listen on. Default 127.0.0.1; any other needs a token.'),
  port: amount(whole(0, 65_535), 'write a port from 0 (any that is free) to 65535')
    .default(8_500)
    .describe('Default 8500.'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'write an address such as https://signalbox.example.org' })
    .optional()
    .describe('The address under which others reach it, where a proxy stands before it.'),
  tokens: record(
    agentName,
    nameRule,
    object({
      role: oneOf(roles).describe('viewer looks, operator moves tasks on, admin may do anything.'),
      sha256: z
        .string({ error: 'write 64 hexadecimal digits' })
        .regex(/^[0-9a-f]{64}$/, 'write the SHA-256 of the token as 64 hexadecimal digits, never the token')
        .describe('`printf %s TOKEN | sha256sum` tells it.'),
    }),
  )
    .default({})
    .describe('Who may ask, by name; beside those that `signalbox token create` keeps with the data.'),
  cors: z
    .array(z.url({ protocol: /^https?$/, error: 'write an origin such as https://board.example.org' }), {
      error: 'write a list of origins',
    })
    .default([])
    .describe('Origins of other sites whose pages may ask. Default: none.'),
  requestsPerMinute: z
    .union([amount(whole(1, 10_000_000), 'write a whole number from 1, or off'), z.literal(false), z.literal('off')])
    .default(6_000)
    .describe('Requests of one token from one address; this machine itself has no limit. Default 6000.'),
  trustProxy: z
    .union([
      amount(whole(1, 10), 'write how many proxies, or a list of their addresses'),
      z.array(text(), { error: 'write a list of addresses, such as [10.0.0.0/8]' }),
    ])
    .optional()
    .describe('Proxies before it that say for whom they ask: how many, or their addresses. Default: none.'),
}).prefault({});

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
  sandbox: sandboxSchema.prefault({}).describe('What is around its process.'),
  watch: object({
    silence: durationOrOff()
      .optional()
      .describe('How long it may print nothing while no tool runs, or off. Default: that of the kind.'),
    noProgress: durationOrOff()
      .optional()
      .describe(
        'How long it may go on without a new commit, diff, tool result or message, or off. Default 45m; off for kind command.',
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
  hooks: object({
    afterCreate: hookSchema.optional().describe('After a worktree was made.'),
    beforeRun: hookSchema.optional().describe('Before each attempt of an agent.'),
    afterRun: hookSchema.optional().describe('After each attempt of an agent.'),
    beforeRemove: hookSchema.optional().describe('Before a worktree is removed.'),
  })
    .prefault({})
    .describe('Commands that run in the worktree at fixed points.'),
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
