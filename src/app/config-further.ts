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

export async function furtherLook(config: Config, look: FurtherLook): Promise<Further> {
  const { rolesOf, problems } = await readRoles(config, look.cwd);
  const commands = commandsIn(config, look.named).map(command => lookAt(command, look));
  return {
    problems: [
      ...problems,
      // Of a role that nobody can be asked about nothing is said.
      ...(problems.length === 0 ? strayRoles(config, rolesOf) : []),
      ...commands.flatMap(({ problem }) => problem ?? []),
    ],
    warnings: commands.flatMap(({ warning }) => warning ?? []),
  };
}

type RolesOf = ReadonlyMap<string, readonly string[]>;

/** The roles of each pipeline that is named, and which of these cannot be read. */
async function readRoles(config: Config, cwd: string): Promise<{ rolesOf: RolesOf; problems: string[] }> {
  const rolesOf = new Map<string, readonly string[]>();
  const problems: string[] = [];
  const named = [
    { at: 'pipeline', pipeline: config.pipeline },
    ...Object.values(config.projects).map(({ name, pipeline }) => ({ at: `projects.${name}.pipeline`, pipeline })),
  ];
  for (const { at, pipeline } of named) {
    if (rolesOf.has(pipeline)) continue;
    rolesOf.set(pipeline, []);
    try {
      const { stages } = await readPipeline(pipeline, cwd);
      rolesOf.set(
        pipeline,
        stages.map(({ role }) => role),
      );
    } catch (error) {
      problems.push(`${at}: ${messageOf(error)}`);
    }
  }
  return { rolesOf, problems };
}

/** Roles that are given away and that no stage has. */
function strayRoles(config: Config, rolesOf: RolesOf): string[] {
  const all = [...new Set([...rolesOf.values()].flat())];
  const ofAll = Object.keys(config.roles).map(role => ({ at: `roles.${role}`, role, roles: all }));
  const ofProjects = Object.values(config.projects).flatMap(({ name, roles, pipeline }) =>
    Object.keys(roles)
      .filter(role => !Object.hasOwn(config.roles, role))
      .map(role => ({ at: `projects.${name}.roles.${role}`, role, roles: rolesOf.get(pipeline) ?? [] })),
  );
  return [...ofAll, ...ofProjects]
    .filter(({ role, roles }) => !roles.includes(role))
    .map(({ at, role, roles }) => `${at}: no stage has this role; ${didYouMean(role, roles)}`);
}

/** What is wrong with a command, or missing for it here. */
function lookAt({ at, argv, isInRepository }: ConfiguredCommand, { searchPath, cwd }: FurtherLook) {
  const [program = ''] = argv;
  const shellWord = /(?:^|\/)(?:sh|bash|dash|zsh)$/.test(program) ? undefined : argv.find(isForShell);
  if (shellWord !== undefined) {
    const instead = `[sh, -c, ${JSON.stringify(argv.join(' '))}]`;
    const why = `${quote(shellWord)} is for a shell to understand, and no shell reads this`;
    return { problem: `${at}: ${why}; write ${instead}` };
  }
  // What is named by its place in a repository is there once that is checked out.
  if (isInRepository && program.includes('/')) return {};
  const { problem, path } = findProgram(program, searchPath, cwd);
  if (problem === 'missing')
    return { warning: `${at}: there is no program ${quote(program)} here; install it, or name its place` };
  return problem === null ? {} : { warning: `${at}: ${path} may not be executed; chmod +x it` };
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
