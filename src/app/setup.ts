/** Who works on a task and under which rules, from the configuration and from what somebody said. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { checkAgent } from '../actors/agent-preflight.ts';
import type { Config, ProjectConfig } from '../config/schema.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { type Hooks, noHooks } from '../domain/hook.ts';
import { quote, slugOf } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { own } from '../domain/own.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import type { TestCommand } from '../domain/test-command.ts';
import { agentOfCommand } from './agent-command.ts';
import { checkRepository } from './repository.ts';

/** What a new task takes from its project. */
export interface Setup {
  project: string;
  /** Ids of tasks that nobody names are `<prefix>-<number>`. */
  prefix: string;
  pipeline: string;
  priority: number;
  agent: AgentSpec;
  agents: Record<string, AgentSpec>;
  hooks: Hooks;
  /** What a fresh checkout needs. */
  setUp: SetUpRule;
  /** Names of variables that gates are given beside those of the agents. */
  gateEnv: string[];
  /** How the project is tested, where it says so itself. */
  tests: TestCommand[];
  /** Whether the target is judged before the first agent works. */
  wantsBaseline: boolean;
  /** Where the repository is for everybody; null for a local one alone. */
  forge: { name: string; repository: string } | null;
}

export interface SetupChoice {
  /** The project by its name; without it the one whose repository it is. */
  project?: string | undefined;
  /** The name of an agent, or a command line; the configuration's choice without it. */
  agent?: string | undefined;
  /** Variables that the agent may see beside those of the configuration. */
  agentEnv: readonly string[];
  pipeline?: string | undefined;
  priority?: number | undefined;
  /** What relative paths of a command line are relative to. */
  cwd: string;
}

/** The project of the configuration with this name. Throws `not_found` with the nearest. */
export function findProject({ projects }: Config, name: string): ProjectConfig {
  const project = own(projects, name);
  if (project !== undefined) return project;
  const known = Object.keys(projects);
  const hint = known.length === 0 ? 'none is configured' : `did you mean ${nearest(name, known).join(', ')}?`;
  throw new SignalboxError(
    'not_found',
    'noProject',
    `There is no project ${quote(name)} in the configuration; ${hint}`,
  );
}

/**
 * The repository and target branch that a person or the configuration names. Throws `invalid` when neither does, or when
 * the repository cannot be worked on.
 */
export async function findRepository(
  config: Config,
  choice: { repository?: string | undefined; project?: string | undefined; target?: string | undefined },
  cwd: string,
): Promise<{ repository: string; target: string }> {
  const { repository: path, project: name } = choice;
  if (name !== undefined && path !== undefined) {
    throw new SignalboxError('invalid', 'badInput', 'A repository and a project both say where the work is.', {
      remedy: { say: 'leave one of them out', field: 'repository' },
    });
  }
  if (name === undefined && path === undefined) {
    const why = 'Nothing says where the work is: a repository, or a project of the configuration.';
    throw new SignalboxError('invalid', 'repositoryMissing', why, {
      remedy: whereOf(config),
    });
  }
  const named = name === undefined ? undefined : findProject(config, name);
  const found = await checkRepository(
    named?.repository ?? (path === '' ? '' : resolve(cwd, path!)),
    choice.target ?? named?.target ?? undefined,
  );
  if (named !== undefined || choice.target !== undefined) return found;
  // The same project by its path.
  const target = projectAt(config, found.repository)?.target ?? undefined;
  return target === undefined ? found : checkRepository(found.repository, target);
}

function whereOf({ projects }: Config): { say: string; field: string } {
  const names = Object.keys(projects).slice(0, 10);
  if (names.length === 0) return { say: 'give the path of a repository', field: 'repository' };
  return { say: `name one of the projects ${names.join(', ')}, or give the path of a repository`, field: 'project' };
}

/** The project whose repository this is, the first of several; or undefined. */
export function projectAt(config: Config, repository: string): ProjectConfig | undefined {
  return projectsAt(config, repository)[0];
}

/** A repository may hold several projects. */
function projectsAt({ projects }: Config, repository: string): ProjectConfig[] {
  return Object.values(projects).filter(
    project => existsSync(project.repository) && realpathSync(project.repository) === repository,
  );
}

/** The only one. Throws `invalid` where it has to be said which is meant. */
function onlyProjectAt(config: Config, repository: string): ProjectConfig | undefined {
  const found = projectsAt(config, repository);
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(', ');
    throw new SignalboxError('invalid', 'badInput', `${repository} holds several projects: ${names}.`, {
      remedy: { say: 'name one of them, instead of the repository', field: 'project' },
    });
  }
  return found[0];
}

/**
 * How a task in this repository is set up. An agent named by a person plays every role. Throws `invalid` where several projects
 * could be meant, and when nobody plays the roles: without a configuration the agent has to be named.
 */
export function setupFor(config: Config, isConfigured: boolean, repository: string, choice: SetupChoice): Setup {
  const project =
    choice.project === undefined ? onlyProjectAt(config, repository) : findProject(config, choice.project);
  const chosen = choice.agent === undefined ? undefined : findAgent(config, choice.agent, choice);
  if (chosen === undefined && !isConfigured) {
    const why =
      'Nothing says which agent works: claude, codex, gemini, opencode, aider, or a command. There is no configuration either.';
    throw new SignalboxError('invalid', 'agentMissing', why, { remedy: { say: 'name one', field: 'agent' } });
  }
  const roles = { ...config.roles, ...project?.roles };
  const named = (name: string) => findAgent(config, name, choice);
  return {
    project: project?.name ?? projectOf(repository),
    prefix: project?.prefix ?? 'T',
    pipeline: choice.pipeline ?? project?.pipeline ?? config.pipeline,
    priority: choice.priority ?? project?.priority ?? config.priority,
    agent: chosen ?? named(project?.agent ?? config.agent),
    agents:
      chosen === undefined
        ? Object.fromEntries(Object.entries(roles).map(([role, name]) => [role, named(name)] as const))
        : {},
    hooks: project?.hooks ?? noHooks,
    setUp: project?.setUp ?? 'detected',
    gateEnv: project?.gateEnv ?? [],
    tests: project?.tests ?? [],
    wantsBaseline: project?.wantsBaseline ?? true,
    forge:
      project?.forge == null || project.remote === null ? null : { name: project.forge, repository: project.remote },
  };
}

/** An agent of the configuration by its name, or a command line as an agent of its own. */
function findAgent({ agents }: Config, nameOrCommand: string, { agentEnv: env, cwd }: SetupChoice): AgentSpec {
  const agent = Object.hasOwn(agents, nameOrCommand) ? agents[nameOrCommand] : undefined;
  if (agent !== undefined) return { ...agent, env: [...new Set([...agent.env, ...env])] };
  const [first = '', ...rest] = nameOrCommand.trim().split(/\s+/);
  if (rest.length > 0 && Object.hasOwn(agents, first)) {
    throw new SignalboxError(
      'invalid',
      'badAgent',
      `${first} is an agent known by name; its model and arguments go into the configuration (agents.${first}).`,
      { remedy: { say: `give ${first} alone`, field: 'agent' } },
    );
  }
  try {
    return agentOfCommand(nameOrCommand, env, cwd);
  } catch (error) {
    if (/[\s/]/.test(nameOrCommand)) throw error;
    const likely = nearest(nameOrCommand, Object.keys(agents)).join(', ');
    throw new SignalboxError(
      'invalid',
      'badAgent',
      `${messageOf(error)} Of the agents known by name, the nearest are ${likely}.`,
    );
  }
}

const patience = 3;

/** Throws `invalid` with the remedy when the program of one of the agents cannot be started here. */
export async function checkPrograms({ agent, agents }: Setup, timeLimitMs: number): Promise<void> {
  const all = new Map([agent, ...Object.values(agents)].map(spec => [spec.name, spec] as const));
  for (const spec of all.values()) {
    const first = await checkAgent(spec, { timeLimitMs });
    // Here nobody asks again later, and a busy machine is slow.
    const isSlow = !first.ok && first.cause === 'timedOut';
    const result = isSlow ? await checkAgent(spec, { timeLimitMs: timeLimitMs * patience }) : first;
    if (!result.ok) {
      throw new SignalboxError(
        'invalid',
        'agentUnusable',
        `The agent ${spec.name} cannot be started: ${result.reason.replace(/\.$/, '')}.`,
      );
    }
  }
}

/** What a project is called that nobody has named. */
export const projectOf = (repository: string) => slugOf(basename(repository)) || 'project';
