/** Looks at a configuration as a whole: names that refer to each other, paths, and what is taken over from whom. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import type { AgentKind, AgentSpec } from '../domain/agent-spec.ts';
import { noBudget, tighter } from '../domain/budget.ts';
import type { Hook } from '../domain/hook.ts';
import { checkBranch } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import { isVariableName, variablesIn } from '../domain/variables.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import { sourceOf } from './board.ts';
import { chatOf, notifyOf } from './chats.ts';
import type { Path } from './document.ts';
import { forgeOf, trackerOf } from './forges.ts';
import { checkLimits } from './limits.ts';
import { checkOutside } from './outside.ts';
import { personOf } from './people.ts';
import { routineOf } from './routines.ts';
import type { Config, ParsedAgent, ParsedConfig, ParsedProject, ProjectConfig } from './schema.ts';
import { serveOf } from './serve.ts';
import { modelOf } from './understanding.ts';

/** The agents that are there without being configured. */
export const builtInAgents = ['claude', 'codex', 'gemini', 'opencode', 'aider'] as const satisfies AgentKind[];

export interface Surroundings {
  /** What relative paths are relative to. */
  directory: string;
  env: Readonly<Record<string, string | undefined>>;
  /** What stands in the file at a path, before variables were filled in: messages may repeat this, and only this. */
  written(path: Path): string;
  complain(path: Path, message: string): void;
  warn(path: Path, message: string): void;
}

/** Everything that is wrong is told to `complain`; the answer counts only when nothing was. */
export function effectiveConfig(parsed: ParsedConfig, around: Surroundings): Config {
  const agents = agentsOf(parsed, around);
  const total = parsed.worker.total;
  const { perProject = total, perStage = total, perAgent = total, perProvider = total } = parsed.worker;
  const common = {
    agent: parsed.agent ?? Object.keys(parsed.agents)[0] ?? 'claude',
    roles: parsed.roles,
    pipeline: pipelineAt(parsed.pipeline, ['pipeline'], around),
    priority: parsed.priority,
    budget: parsed.budget,
  };
  const config: Config = {
    dataDir: pathAt(parsed.data, around),
    worker: {
      total,
      perProject,
      perStage,
      perAgent,
      perProvider,
      ageingMs: parsed.worker.ageing,
      projects: parsed.worker.projects,
      stages: parsed.worker.stages,
      agents: parsed.worker.agents,
      providers: parsed.worker.providers,
    },
    host: { minFreeDiskBytes: parsed.host.minFreeDisk, minFreeMemoryBytes: parsed.host.minFreeMemory },
    breaker: { failureLimit: parsed.breaker.failureLimit, cooldownMs: parsed.breaker.cooldown },
    preflight: { cacheMs: parsed.preflight.cache, timeLimitMs: parsed.preflight.timeLimit },
    serve: serveOf(parsed.serve),
    retention: { endedAfterMs: parsed.retention.endedAfter },
    agents,
    ...common,
    forges: mapped(parsed.forges, (name, forge) => forgeOf(name, forge, around)),
    trackers: mapped(parsed.trackers, (name, tracker) => trackerOf(name, tracker, around)),
    chats: mapped(parsed.chats, (name, chat) => chatOf(name, chat, around)),
    notify: parsed.notify.map(notifyOf),
    people: mapped(parsed.people, personOf),
    routines: mapped(parsed.routines, (name, routine) => {
      const { pipeline } = routine;
      const at = ['routines', name, 'pipeline'];
      return routineOf(name, routine, pipeline === undefined ? null : pipelineAt(pipeline, at, around));
    }),
    reader: parsed.reader === undefined ? null : modelOf(parsed.reader, around),
    abilities: Object.fromEntries(
      Object.entries(parsed.agents).flatMap(([name, { difficulty }]) =>
        difficulty === undefined ? [] : [[name, { difficulty }] as const],
      ),
    ),
    language: parsed.language,
    texts: parsed.texts === undefined ? null : pathAt(parsed.texts, around),
    projects: Object.fromEntries(
      Object.entries(parsed.projects).map(([name, project]) => [name, projectOf(name, project, common, around)]),
    ),
    prices: parsed.prices.map(({ pattern, window, input, output, cachedInput, cacheWrite }) => ({
      pattern,
      windowTokens: window,
      price:
        input === undefined || output === undefined
          ? null
          : { input, output, cachedInput: cachedInput ?? input, cacheWrite: cacheWrite ?? input },
    })),
  };
  checkReferences(parsed, config, around);
  return config;
}

const mapped = <From, To>(record: Record<string, From>, to: (name: string, value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(name, value)]));

// ---- Agents --------------------------------------------------------------------------------------------------------

/** How long an agent may go on without progress when the configuration does not say. */
const noProgressMs = 1_200_000;

const unconfigured: ParsedAgent = {
  env: [],
  set: {},
  args: [],
  sandbox: { driver: 'none', network: true, mounts: [] },
  watch: {},
};

function agentsOf(parsed: ParsedConfig, around: Surroundings): Record<string, AgentSpec> {
  const builtIn = builtInAgents
    .filter(name => !Object.hasOwn(parsed.agents, name))
    .map(name => [name, agentOf(name, unconfigured, around)] as const);
  const configured = Object.entries(parsed.agents).map(
    ([name, agent]) => [name, agentOf(name, agent, around)] as const,
  );
  return Object.fromEntries([...configured, ...builtIn]);
}

function agentOf(name: string, agent: ParsedAgent, around: Surroundings): AgentSpec {
  const at = ['agents', name];
  const kind = agent.kind ?? builtInAgents.find(candidate => candidate === name);
  if (kind === undefined) {
    around.complain(at, `say which \`kind\` it is: ${Object.keys(agentClis).join(', ')}`);
  }
  const cli = agentClis[kind ?? 'command'];
  // Of a program that we do not know, no sign is known either.
  const defaultNoProgress = cli.kind === 'command' ? null : noProgressMs;
  const program = agent.program ?? cli.program ?? [];
  const words = typeof program === 'string' ? parseArgsStringToArgv(program) : program;
  if (words.length === 0 && kind !== undefined) around.complain(at, `an agent of kind ${kind} needs a \`program\``);
  checkVariables(agent.set, [...at, 'set'], around);
  return {
    name,
    kind: kind ?? 'command',
    // Programs that we do not know share no account that we know of.
    provider: agent.provider ?? (cli.kind === 'command' ? name : cli.provider),
    program: words.map((word, index) => programWord(word, index, around)),
    model: agent.model ?? null,
    env: agent.env,
    set: agent.set,
    args: agent.args,
    maxTurns: agent.maxTurns ?? null,
    sandbox: sandboxOf(agent.sandbox, [...at, 'sandbox'], around),
    watch: {
      silenceMs: agent.watch.silence === undefined ? cli.silenceLimitMs : agent.watch.silence,
      noProgressMs: agent.watch.noProgress === undefined ? defaultNoProgress : agent.watch.noProgress,
    },
    canResume: cli.canResume,
  };
}

/** The agent starts in a worktree, so what lies beside the configuration is named by its absolute path. */
function programWord(word: string, index: number, around: Surroundings): string {
  const path = pathAt(word, around);
  const isPlace = word.startsWith('~/') || (index === 0 && word.includes('/'));
  return isPlace || (index > 0 && !word.startsWith('-') && existsSync(path)) ? path : word;
}

function sandboxOf(
  { driver, network, mounts, image, cpus, memory }: ParsedAgent['sandbox'],
  at: Path,
  around: Surroundings,
): AgentSpec['sandbox'] {
  if (driver === 'docker' && image === undefined) {
    around.complain(at, 'the driver docker needs an `image`, one that holds the agent program');
  }
  if (driver !== 'docker') {
    for (const [field, value] of Object.entries({ image, cpus, memory })) {
      if (value !== undefined)
        around.complain([...at, field], `only the driver docker has this; the driver is ${driver}`);
    }
  }
  if (driver === 'none' && !network) {
    around.complain(
      [...at, 'network'],
      'without a sandbox the network cannot be taken away; choose bubblewrap or docker',
    );
  }
  return {
    driver,
    network,
    mounts: mounts.map(({ path, write }, index) => {
      const absolute = expandHome(path, around);
      if (!isAbsolute(absolute)) {
        const field = [...at, 'mounts', index, 'path'];
        around.complain(field, 'a mount is an absolute path, or begins with ~/ for your home');
      }
      return { path: absolute, isWritable: write };
    }),
    image: image ?? null,
    cpus: cpus ?? null,
    memoryMb: memory === undefined ? null : Math.max(1, Math.round(memory / 1024 ** 2)),
  };
}

const secretName = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;

/** Whether a variable of this name holds a secret, as far as its name says. */
function namesSecret(variable: string): boolean {
  return secretName.test(variable);
}

/** What is filled in when the agent starts can be looked at now. */
function checkVariables(set: Record<string, string>, at: Path, around: Surroundings): void {
  for (const [variable, value] of Object.entries(set)) {
    const names = variablesIn(value);
    const field = [...at, variable];
    for (const name of names) {
      if (!isVariableName(name)) around.complain(field, noVariable(name));
      else if (around.env[name] === undefined)
        around.warn(field, `the variable ${name} is not set; export it before an agent starts`);
    }
    if (names.length === 0 && value !== '' && namesSecret(variable)) {
      around.warn(
        field,
        `this looks like a secret in the file; export it and write "\${${variable}}", or name it in \`env\``,
      );
    }
  }
}

export function noVariable(name: string): string {
  return `"\${${name}}" names no environment variable; write "$\${" for the characters themselves`;
}

// ---- Projects ------------------------------------------------------------------------------------------------------

type Common = Pick<Config, 'agent' | 'roles' | 'pipeline' | 'priority' | 'budget'>;

function projectOf(name: string, project: ParsedProject, common: Common, around: Surroundings): ProjectConfig {
  const at = ['projects', name];
  const { target, pipeline, budget, hooks } = project;
  if (target !== undefined) {
    try {
      checkBranch(target, 'The target');
    } catch {
      around.complain([...at, 'target'], 'this is not a valid branch name; write one such as main');
    }
  }
  return {
    name,
    repository: pathAt(project.repository, around),
    target: target ?? null,
    prefix: project.prefix ?? prefixFor(name),
    pipeline: pipeline === undefined ? common.pipeline : pipelineAt(pipeline, [...at, 'pipeline'], around),
    agent: project.agent ?? common.agent,
    roles: { ...common.roles, ...project.roles },
    priority: project.priority ?? common.priority,
    budget: {
      total: budget.total ?? noBudget,
      day: budget.day ?? noBudget,
      run: tighter(common.budget.run ?? noBudget, budget.run ?? noBudget),
    },
    hooks: {
      afterCreate: hookOf(hooks.afterCreate),
      beforeRun: hookOf(hooks.beforeRun),
      afterRun: hookOf(hooks.afterRun),
      beforeRemove: hookOf(hooks.beforeRemove),
    },
    setUp: setUpOf(project),
    gateEnv: project.gates.env,
    tests: project.gates.tests,
    wantsBaseline: project.gates.baseline,
    forge: project.forge ?? null,
    remote: project.remote ?? null,
    sources: [
      ...(project.tracker === undefined ? [] : [sourceOf({ ...project, tracker: project.tracker })]),
      ...project.sources.map(sourceOf),
    ],
    people: project.people ?? null,
  };
}

function hookOf(hook: ParsedProject['hooks']['afterCreate']): Hook | null {
  return hook === undefined ? null : { run: hook.run, timeLimitMs: hook.timeLimit };
}

function setUpOf({ setup, hooks }: ParsedProject): SetUpRule {
  // Whoever has a hook for it needs nothing found.
  if (setup === undefined) return hooks.afterCreate === undefined ? 'detected' : 'none';
  if (typeof setup === 'string') return setup;
  const isOne = (steps: string[] | string[][]): steps is string[] => typeof steps[0] === 'string';
  return [setup].flat().map(({ run, keyedBy, timeLimit }) => ({
    ...{ steps: isOne(run) ? [run] : run, keyedBy, timeLimitMs: timeLimit },
  }));
}

/** A prefix for the work items of a project: its first letters, or those of its words. */
export function prefixFor(project: string): string {
  const words = project.toUpperCase().match(/[A-Z0-9]+/g) ?? [];
  const letters = words.length > 1 ? words.map(word => word[0]).join('') : (words[0] ?? '').slice(0, 4);
  const prefix = letters.replace(/^[0-9]+/, '').slice(0, 8);
  return prefix === '' ? 'T' : prefix;
}

function pipelineAt(pipeline: string, at: Path, around: Surroundings): string {
  if (!/[./]/.test(pipeline)) {
    if (pipeline !== defaultPipeline.name) {
      around.complain(
        at,
        `there is no pipeline of this name; write ${defaultPipeline.name}, or a file such as ./pipeline.yaml`,
      );
    }
    return pipeline;
  }
  const file = pathAt(pipeline, around);
  if (!existsSync(file)) around.complain(at, `there is no file ${JSON.stringify(around.written(at))} beside this one`);
  return file;
}

// ---- The whole -----------------------------------------------------------------------------------------------------

function checkReferences(parsed: ParsedConfig, config: Config, around: Surroundings): void {
  const check = (kind: string, at: Path, name: string, known: string[], shown: string) => {
    if (known.includes(name)) return;
    const likely = nearest(name, known).join(', ');
    const hint = known.length === 0 ? 'none is configured' : `did you mean ${likely}?`;
    around.complain(at, `there is no ${kind} ${JSON.stringify(shown)}; ${hint}`);
  };
  const agents = Object.keys(config.agents);
  const agent = (at: Path, name: string | undefined) => {
    if (name !== undefined) check('agent', at, name, agents, around.written(at));
  };
  agent(['agent'], parsed.agent);
  for (const [role, name] of Object.entries(parsed.roles)) agent(['roles', role], name);
  for (const [project, { agent: name, roles }] of Object.entries(parsed.projects)) {
    agent(['projects', project, 'agent'], name);
    for (const [role, player] of Object.entries(roles)) agent(['projects', project, 'roles', role], player);
  }
  const providers = [...new Set(Object.values(config.agents).map(({ provider }) => provider))];
  const named = (field: 'projects' | 'agents' | 'providers', kind: string, known: string[]) => {
    for (const name of Object.keys(parsed.worker[field])) check(kind, ['worker', field, name], name, known, name);
  };
  named('projects', 'project', Object.keys(config.projects));
  named('agents', 'agent', agents);
  named('providers', 'provider', providers);
  checkLimits(Object.keys(parsed.agents), config, (at, message) => around.warn(at, message));
  checkOutside(config, around, check);
  const owners = new Map<string, string>();
  for (const { name, prefix } of Object.values(config.projects)) {
    const owner = owners.get(prefix.toUpperCase());
    const at = ['projects', name, 'prefix'];
    if (owner !== undefined) {
      around.complain(at, `project ${owner} has the same prefix already; give each project one of its own`);
    }
    owners.set(prefix.toUpperCase(), owner ?? name);
  }
}

function expandHome(path: string, { env }: Surroundings): string {
  return path === '~' || path.startsWith('~/') ? join(env.HOME || homedir(), path.slice(1)) : path;
}

function pathAt(path: string, around: Surroundings): string {
  return resolve(around.directory, expandHome(path, around));
}
