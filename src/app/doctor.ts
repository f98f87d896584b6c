/**
 * Looks at everything that a run will need before one is started: the machine, the configuration, the data, the agents and
 * the projects. Changes nothing. Each check says what it found and, where something is missing, how to fix it.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkAgentProgram } from '../actors/agent-preflight.ts';
import { gitIn } from '../actors/git.ts';
import { measureHost } from '../actors/host-gauge.ts';
import { missingMount, mountProblem, mountRemedy } from '../actors/login-mount.ts';
import { checkTemplates } from '../actors/prompt-check.ts';
import { describeProblem } from '../config/document.ts';
import { builtInAgents } from '../config/effective.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Config, ProjectConfig } from '../config/schema.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { nearest } from '../domain/nearest.ts';
import { formatSize } from '../domain/size.ts';
import { isVariableName, variablesIn } from '../domain/variables.ts';
import { compareVersions } from '../domain/version.ts';
import { sandboxes } from '../host/sandboxes/index.ts';
import { lookedFor } from '../integrations/toolchains/index.ts';
import { openSqliteStore } from '../persistence/sqlite/store.ts';
import { dataPaths, ownerOf } from './data-directory.ts';
import { type Check, type Finding, fine, info, problem, warning } from './finding.ts';
import { forgeLooks } from './forge-doctor.ts';
import { outsideLooks } from './outside/doctor.ts';
import { findPipeline } from './pipelines.ts';
import { changesIn, checkRepository } from './repository.ts';
import { testingOf } from './testing.ts';

export interface DoctorOptions {
  /** Null for all defaults, undefined for the one in `cwd`. */
  configFile: string | null | undefined;
  /** As given on the command line or in the environment; wins over the configuration. */
  dataDir: string | undefined;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Told of each check as it ends. */
  onCheck?(check: Check): void;
}

const oldestNode = '22.18.0';
/** `git merge-tree --write-tree` is younger than worktrees. */
const oldestGit = '2.38.0';

const installOne = 'install one, such as Claude Code or Codex, or name a program of your own under `agents`';

/** Runs all checks, beside each other, and answers them in a fixed order. Never throws for what it looks at. */
export async function examine({ configFile, dataDir, cwd, env, onCheck }: DoctorOptions): Promise<Check[]> {
  const { loaded, checks: ofConfig } = await checkConfig(configFile, cwd, env);
  for (const check of ofConfig) onCheck?.(check);
  const config = loaded?.config;
  const data = resolve(cwd, dataDir ?? config?.dataDir ?? '.signalbox');
  const looks: Look[] = [
    { name: 'node', look: async () => checkNode() },
    { name: 'git', look: checkGit },
    { name: 'data directory', look: async () => checkDataDirectory(data) },
    { name: 'database', look: () => checkDatabase(data) },
  ];
  if (loaded !== undefined) {
    looks.push(
      { name: 'disk', look: async () => checkDisk(data, loaded.config) },
      { name: 'memory', look: async () => checkMemory(data, loaded.config) },
      ...agentLooks(loaded, env),
      ...forgeLooks(loaded.config),
      ...outsideLooks(loaded.config),
      ...Object.values(loaded.config.projects).map(project => ({
        name: `project ${project.name}`,
        look: () => checkProject(project),
      })),
    );
  }
  const found = (await Promise.all(looks.map(look => settle(look, onCheck)))).flat();
  const agents = found.filter(({ name }) => name.startsWith('agent '));
  // Without a configuration any one will do, but one there has to be.
  if (loaded?.file === null && agents.every(({ status }) => status === 'info')) {
    const none = { name: 'agents', ...warning('no agent program was found on the PATH', installOne) };
    onCheck?.(none);
    found.push(none);
  }
  return [...ofConfig, ...found];
}

interface Look {
  name: string;
  /** Several findings on one thing come one by one. */
  look(): Promise<Finding | Finding[]>;
}

async function settle({ name, look }: Look, onCheck: DoctorOptions['onCheck']): Promise<Check[]> {
  let found: Finding[];
  try {
    found = [await look()].flat();
  } catch (error) {
    found = [problem(messageOf(error))];
  }
  const checks = found.map(finding => ({ name, ...finding }));
  for (const check of checks) onCheck?.(check);
  return checks;
}

// ---- The configuration ---------------------------------------------------------------------------------------------

async function checkConfig(
  file: string | null | undefined,
  cwd: string,
  env: DoctorOptions['env'],
): Promise<{ loaded: LoadedConfig | undefined; checks: Check[] }> {
  const name = 'configuration';
  try {
    const loaded = await loadConfig({ file, cwd, env });
    const head = loaded.file === null ? info('there is no configuration file; the defaults hold') : fine(loaded.file);
    const found = [head, ...loaded.warnings.map(text => warning(text))];
    return { loaded, checks: found.map(finding => ({ name, ...finding })) };
  } catch (error) {
    const problems = error instanceof SignalboxError ? error.problems : [];
    const shown = file ?? 'signalbox.config.*';
    const found =
      problems.length === 0
        ? [problem(messageOf(error))]
        : problems.map(one => problem(describeProblem((error as SignalboxError).file ?? shown, one)));
    const rest = info('agents and projects are looked at once the configuration loads');
    return { loaded: undefined, checks: [...found, rest].map(finding => ({ name, ...finding })) };
  }
}

// ---- The machine ---------------------------------------------------------------------------------------------------

function checkNode(): Finding {
  const version = process.versions.node;
  if (compareVersions(version, oldestNode) >= 0) return fine(version);
  return problem(`${version} is older than ${oldestNode}`, 'install a current Node from https://nodejs.org');
}

async function checkGit(): Promise<Finding> {
  const remedy = 'install git from https://git-scm.com or with the package manager of this machine';
  let output: string;
  try {
    output = await gitIn('/')(['--version']);
  } catch {
    return problem('git was not found on the PATH', remedy);
  }
  const version = /(\d+\.\d+(?:\.\d+)?)/.exec(output)?.[1];
  if (version === undefined) return warning(`"git --version" answered no version`, remedy);
  if (compareVersions(version, oldestGit) >= 0) return fine(version);
  return problem(`git ${version} is older than ${oldestGit}, and cannot merge beside a checkout`, remedy);
}

function checkDisk(data: string, { host }: Config): Finding {
  const free = measureHost(existing(data)).diskBytes;
  if (free >= host.minFreeDiskBytes) return fine(`${formatSize(free)} free`);
  return problem(
    `${formatSize(free)} free at ${existing(data)}; no run starts below ${formatSize(host.minFreeDiskBytes)}`,
    'make room, or lower host.minFreeDisk',
  );
}

function checkMemory(data: string, { host }: Config): Finding {
  const free = measureHost(existing(data)).memoryBytes;
  if (free >= host.minFreeMemoryBytes) return fine(`${formatSize(free)} free`);
  // It comes and goes, so this may be another answer in a minute.
  return warning(
    `${formatSize(free)} free; no run starts below ${formatSize(host.minFreeMemoryBytes)}`,
    'end what uses it, lower worker.total, or lower host.minFreeMemory',
  );
}

// ---- The data ------------------------------------------------------------------------------------------------------

function checkDataDirectory(data: string): Finding {
  const place = existing(data);
  const remedy = 'change who owns it, or give another directory';
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch {
    return { ...problem(`${place} cannot be written`, remedy), field: 'data' };
  }
  return place === data ? fine(data) : fine(`${data} (will be made)`);
}

/** The path, or the nearest directory above it that is there. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

async function checkDatabase(data: string): Promise<Finding> {
  const paths = dataPaths(data);
  const { database } = paths;
  if (!existsSync(database)) return info('there is none yet; the first task makes it');
  const store = openSqliteStore({ file: database, readonly: true });
  try {
    const [first] = await store.integrity();
    if (first !== undefined) {
      return problem(`${database} is damaged: ${first}`, 'stop Signalbox and restore a backup');
    }
    const all = (await store.counts('task')).find(({ tag }) => tag === '');
    const tasks = (all?.living ?? 0) + (all?.ended ?? 0);
    const owner = ownerOf(paths);
    const count = `${tasks} ${tasks === 1 ? 'task' : 'tasks'}`;
    return fine(owner === undefined ? `${count}; no process has it` : `${count}; process ${owner.pid} has it`);
  } finally {
    await store.close();
  }
}

// ---- Agents --------------------------------------------------------------------------------------------------------

function agentLooks({ config, file }: LoadedConfig, env: DoctorOptions['env']): Look[] {
  const isConfigured = file !== null;
  const needed = neededAgents(config);
  return Object.values(config.agents)
    .filter(({ name }) => !isConfigured || needed.has(name))
    .map(agent => ({
      name: `agent ${agent.name}`,
      look: () => checkAgent(agent, isConfigured, config.preflight.timeLimitMs, env),
    }));
}

/** Those that play a role, and those that somebody named. Without a configuration any agent will do. */
function neededAgents({ agents, agent, roles, projects }: Config): Set<string> {
  const players = Object.values(projects).flatMap(project => [project.agent, ...Object.values(project.roles)]);
  const named = Object.keys(agents).filter(name => !builtInAgents.some(builtIn => builtIn === name));
  return new Set([agent, ...Object.values(roles), ...players, ...named]);
}

async function checkAgent(
  agent: AgentSpec,
  isNeeded: boolean,
  timeLimitMs: number,
  env: DoctorOptions['env'],
): Promise<Finding[]> {
  const answer = await checkAgentProgram(agent, { timeLimitMs });
  if (!answer.ok && answer.cause === 'missing' && !isNeeded) return [info(`${agent.program[0]} is not installed`)];
  const { problem: detail, remedy } = answer.ok ? { problem: '', remedy: null } : answer;
  const head = answer.ok
    ? fine(`${agent.program.join(' ')}${whichOne(agent, answer.version)}`)
    : !isNeeded
      ? warning(detail, remedy ?? undefined)
      : problem(detail, remedy ?? undefined);
  return [head, ...missingVariables(agent, isNeeded, env), ...(await checkSandbox(agent, isNeeded))];
}

function whichOne({ sandbox }: AgentSpec, version: string | null): string {
  if (sandbox.driver === 'docker') return ` in the image ${sandbox.image}`;
  return version === null ? '' : ` ${version}`;
}

function missingVariables({ env: names, set }: AgentSpec, isNeeded: boolean, env: DoctorOptions['env']): Finding[] {
  if (!isNeeded) return [];
  const wanted = new Set([...names, ...Object.values(set).flatMap(variablesIn).filter(isVariableName)]);
  return [...wanted]
    .filter(name => !env[name])
    .map(name => warning(`the variable ${name} is not set here`, `export ${name} where Signalbox runs`));
}

async function checkSandbox(agent: AgentSpec, isNeeded: boolean): Promise<Finding[]> {
  const { sandbox } = agent;
  if (sandbox.driver === 'none') return [];
  const wrong = await sandboxes[sandbox.driver].check(sandbox);
  const missing = sandbox.mounts
    .filter(({ path }) => !existsSync(path))
    .map(({ path }) => warning(`the mount ${path} is not there`, 'make it, or take it out of `sandbox.mounts`'));
  const login = missingMount(agent);
  const hidden = login === null ? [] : [warning(mountProblem(login), mountRemedy(login))];
  if (wrong === null) return [fine(`sandbox ${sandbox.driver}`), ...missing, ...hidden];
  return [isNeeded ? problem(wrong) : warning(wrong), ...missing, ...hidden];
}

// ---- Projects ------------------------------------------------------------------------------------------------------

async function checkProject(project: ProjectConfig): Promise<Finding[]> {
  const [repository, pipeline] = await Promise.all([checkProjectRepository(project), checkPipelineOf(project)]);
  return [...repository, ...pipeline];
}

async function checkProjectRepository({
  repository: path,
  target: wanted,
  setUp,
  tests,
}: ProjectConfig): Promise<Finding[]> {
  const repository = await repositoryOf(path, wanted);
  if ('status' in repository) return [repository];
  const templates = await checkTemplates(repository.repository, repository.target);
  const open = await changesIn(repository.repository, repository.target);
  const testing = await testingOf({ ...repository, setUp, tests });
  return [
    fine(`${repository.repository}, target ${repository.target}`),
    ...(testing.setUp === null ? [] : [info(`set-up: ${testing.setUp}`)]),
    testing.tests === null
      ? info(
          `no test command was found in ${repository.target} (${lookedFor}); a \`command\` gate without \`run\` is inconclusive`,
        )
      : info(`tests: ${testing.tests}`),
    // Somebody is at work there; what lands otherwise lands all the same.
    ...(open === undefined || open.changes.length === 0
      ? []
      : [
          info(
            `${open.checkout} has changes that are not committed; what changes the same files waits: ${open.changes.slice(0, 3).join(', ')}`,
          ),
        ]),
    ...templates.map(({ level, message }) => (level === 'error' ? problem(message) : warning(message))),
  ];
}

async function repositoryOf(path: string, target: string | null) {
  try {
    return await checkRepository(path, target ?? undefined);
  } catch (error) {
    const remedy = error instanceof SignalboxError ? error.remedy : undefined;
    return problem(messageOf(error), remedy === undefined ? undefined : `${remedy.say} as \`${remedy.field}\``);
  }
}

async function checkPipelineOf({ pipeline: nameOrFile, roles }: ProjectConfig): Promise<Finding[]> {
  let played: string[];
  try {
    const pipeline = await findPipeline(nameOrFile, '/');
    played = [...new Set(pipeline.stages.map(({ role }) => role))];
  } catch (error) {
    return [problem(messageOf(error))];
  }
  const idle = Object.keys(roles).filter(role => !played.includes(role));
  return [
    fine(`pipeline ${nameOrFile} holds`),
    ...idle.map(role => {
      const likely = nearest(role, played)[0];
      return warning(`no stage of the pipeline has the role ${role}`, `did you mean ${likely}? Correct \`roles\``);
    }),
  ];
}
