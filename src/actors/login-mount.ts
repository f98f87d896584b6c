/** Whether an agent in a sandbox can get at its login: it has a home of its own there, and that of the user is hidden. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { isMounted } from '../host/sandboxes/layout.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { baseEnvironment } from './environment.ts';

export interface MissingMount {
  /** What has to be mounted, absolute. */
  path: string;
  /** The variable that would do as well. */
  variable: string;
}

/** Variables by which an agent may know who it is, as far as their names say. */
const identifies = /KEY$|TOKEN$|CREDENTIALS$|^CLAUDE_CODE_USE_/;

/** The directory with the login of an agent that its sandbox does not show; null where all is well, or another way is set. */
export function missingMount({ kind, sandbox, env, set }: AgentSpec): MissingMount | null {
  const { login } = agentClis[kind];
  if (login === null || sandbox.driver === 'none') return null;
  const names = [...env.filter(name => process.env[name]), ...Object.keys(set)];
  if (names.some(name => identifies.test(name))) return null;
  const file = login.file({ ...baseEnvironment(env), ...set });
  if (file === null || !existsSync(file)) return null;
  return isMounted(sandbox, file) ? null : { path: dirname(file), variable: login.variable };
}

/** What is wrong, in words. */
export const mountProblem = ({ path }: MissingMount): string => `its login in ${path} is not in its sandbox`;

/** In words that say what to do. */
export const mountRemedy = ({ path, variable }: MissingMount): string =>
  `add { path: ${path}, write: true } to its \`sandbox.mounts\`, or hand on a key: \`env: [${variable}]\``;
