/**
 * What is valid in a configuration, and will not do what its author means: roles that no stage has, programs that are not there,
 * words that only a shell would understand, pipelines that cannot be read.
 */
import type { Config } from '../config/schema.ts';
import { messageOf } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { findProgram } from '../host/find-program.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { readPipeline } from './pipelines.ts';

export interface FurtherLook {
  /** Agents that the file names itself. */
  named: readonly string[];
  cwd: string;
  searchPath: string;
}

/** Each with the field that it is about. What is missing on this machine may be there on another: that is no problem of the file. */
export interface Further {
  problems: string[];
  warnings: string[];
}

export async function furtherLook(config: Config, { named, cwd, searchPath }: FurtherLook): Promise<Further> {
  const projects = Object.values(config.projects);
  const problems: string[] = [];
  const warnings: string[] = [];
  const pipelines = new Map<string, readonly string[]>();
  for (const { at, pipeline } of [
    { at: 'pipeline', pipeline: config.pipeline },
    ...projects.map(({ name, pipeline }) => ({ at: `projects.${name}.pipeline`, pipeline })),
  ]) {
    if (pipelines.has(pipeline)) continue;
    try {
      const { stages } = await readPipeline(pipeline, cwd);
      pipelines.set(
        pipeline,
        stages.map(({ role }) => role),
      );
    } catch (error) {
      problems.push(`${at}: ${messageOf(error)}`);
      pipelines.set(pipeline, []);
    }
  }
  const all = [...new Set([...pipelines.values()].flat())];
  // Of a role that nobody can be asked about nothing is said.
  const isKnown = !problems.some(problem => /pipeline: /.test(problem));
  const ofAll = Object.keys(config.roles).map(role => ({ at: `roles.${role}`, role, roles: all }));
  const ofProjects = projects.flatMap(({ name, roles, pipeline }) =>
    Object.keys(roles)
      .filter(role => !Object.hasOwn(config.roles, role))
      .map(role => ({ at: `projects.${name}.roles.${role}`, role, roles: pipelines.get(pipeline) ?? [] })),
  );
  for (const { at, role, roles } of isKnown ? [...ofAll, ...ofProjects] : [])
    if (!roles.includes(role)) problems.push(`${at}: no stage has this role; ${didYouMean(role, roles)}`);

  const commands = commandsIn(config, named);
  for (const { at, argv, isInRepository } of commands) {
    const [program = '', ...rest] = argv;
    const shellWord = [program, ...rest].find(word => isForShell(word));
    const isShell = /(?:^|\/)(?:sh|bash|dash|zsh)$/.test(program);
    if (shellWord !== undefined && !isShell)
      problems.push(
        `${at}: ${quote(shellWord)} is for a shell to understand, and no shell reads this; write [sh, -c, ${JSON.stringify(argv.join(' '))}]`,
      );
    // What is named by its place in a repository is there once that is checked out.
    else if (!(isInRepository && program.includes('/'))) {
      const { problem, path } = findProgram(program, searchPath, cwd);
      if (problem === 'missing')
        warnings.push(`${at}: there is no program ${quote(program)} here; install it, or name its place`);
      if (problem === 'notExecutable') warnings.push(`${at}: ${path} may not be executed; chmod +x it`);
    }
  }
  return { problems, warnings };
}

const didYouMean = (role: string, roles: readonly string[]) => `did you mean ${nearest(role, roles).join(', ')}?`;

interface ConfiguredCommand {
  at: string;
  argv: readonly string[];
  /** Whether it is run in a checkout of the project's repository. */
  isInRepository: boolean;
}

/** Commands of agents that somebody has named, of tests and of hooks. Those of a container are there, or not. */
function commandsIn({ agents, projects }: Config, named: readonly string[]): ConfiguredCommand[] {
  const ofAgents = named.flatMap((name): ConfiguredCommand[] => {
    const spec = agents[name];
    if (spec === undefined || spec.sandbox.driver === 'docker') return [];
    const own = agentClis[spec.kind].program;
    const argv = spec.program.length > 0 ? spec.program : own === null ? [] : [own];
    return argv.length === 0 ? [] : [{ at: `agents.${name}.program`, argv, isInRepository: false }];
  });
  const ofProjects = Object.values(projects).flatMap(({ name, tests, hooks }): ConfiguredCommand[] => [
    ...tests.map(({ run }) => ({ at: `projects.${name}.gates.tests`, argv: run, isInRepository: true })),
    ...Object.entries(hooks).flatMap(([hook, command]: [string, { run: readonly string[] } | null]) =>
      command === null ? [] : [{ at: `projects.${name}.hooks.${hook}`, argv: command.run, isInRepository: true }],
    ),
  ]);
  return [...ofAgents, ...ofProjects];
}

/** Words that a shell would make something else of: operators, variables, substitutions, a home, a pattern of files. */
const isForShell = (word: string) =>
  /^(?:&&|\|\|?|;|&|[0-9]?[<>]{1,2}.*)$/.test(word) || /\$[({A-Za-z_]|`/.test(word) || /^~\//.test(word);
