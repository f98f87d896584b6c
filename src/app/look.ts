/** What is here before anything is configured: a repository, agents, tests, data. Changes nothing and runs no command of the repository. */
import { existsSync } from 'node:fs';
import { baseEnvironment } from '../actors/environment.ts';
import { gitIn } from '../actors/git.ts';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../domain/errors.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { installedAgents } from './installed-agents.ts';
import { checkRepository } from './repository.ts';
import { projectAt } from './setup.ts';
import { testingOf } from './testing.ts';

/** An agent program that is installed. */
export interface FoundAgent {
  name: string;
  /** How it is logged in: a file of its own, or a variable; null where neither is there, or nobody knows. */
  login: string | null;
  /** The variable by which it could be. */
  variable: string | null;
}

export interface FoundRepository {
  repository: string;
  target: string;
  project: string | null;
  setUp: string | null;
  tests: string | null;
}

export interface Outlook {
  /** null outside of one, or where it cannot be worked on: `problem` says why. */
  repository: FoundRepository | null;
  problem: string | null;
  agents: FoundAgent[];
}

export async function lookAround(
  config: Config,
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Outlook> {
  const [repository, problem] = await repositoryHere(config, cwd).then(
    found => [found, null] as const,
    (error: unknown) => [null, messageOf(error)] as const,
  );
  return { repository, problem, agents: agentsOn(env) };
}

async function repositoryHere(config: Config, cwd: string): Promise<FoundRepository> {
  const { code, stdout } = await gitIn(cwd).result(['rev-parse', '--show-toplevel']);
  if (code !== 0) throw new Error(`${cwd} is in no git repository`);
  const found = await checkRepository(stdout.trim());
  const project = projectAt(config, found.repository);
  const testing = await testingOf({
    ...found,
    setUp: project?.setUp ?? 'detected',
    tests: project?.tests ?? [],
  });
  const { setUp, tests, testsBelow } = testing;
  return { ...found, project: project?.name ?? null, setUp, tests: tests ?? testsBelow };
}

function agentsOn(env: NodeJS.ProcessEnv): FoundAgent[] {
  return installedAgents(env.PATH ?? '').map(name => {
    const { login } = agentClis[name];
    if (login === null) return { name, login: null, variable: null };
    const { variable } = login;
    if (env[variable]) return { name, login: variable, variable };
    const file = login.file(baseEnvironment([]));
    return { name, login: file !== null && existsSync(file) ? file : null, variable };
  });
}
