/** The environment of a process that Signalbox starts: an allow-list. No secret of the orchestrator is on it. */
import type { AgentSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { fillIn, variablesIn } from '../domain/variables.ts';

const allowed = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TERM', 'TMPDIR'];

/** The allow-listed variables of this process, those named by the user included when they are set. */
export function baseEnvironment(more: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined) continue;
    if (allowed.includes(name) || name.startsWith('LC_') || more.includes(name)) result[name] = value;
  }
  return result;
}

/** Where tools are, and how they reach the world: what a shell of the user's has and tests may need. */
const toolVariables = [
  ...['RUSTUP_HOME', 'CARGO_HOME', 'JAVA_HOME', 'MAVEN_HOME', 'GRADLE_USER_HOME', 'GOPATH', 'GOROOT', 'GOMODCACHE'],
  ...['GOCACHE', 'NVM_DIR', 'PNPM_HOME', 'DENO_DIR', 'BUN_INSTALL', 'DOTNET_ROOT', 'PYENV_ROOT', 'RBENV_ROOT'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
];

/** For commands that set a checkout up or judge it; `more` are names of variables. */
export const toolEnvironment = (more: readonly string[]): Record<string, string> => ({
  ...baseEnvironment([...toolVariables, ...more]),
  CI: 'true',
});

/**
 * The variables that an agent's configuration sets, filled in from this process. Throws `invalid` that names the variable
 * when one is not set; no value is ever part of a message.
 */
export function settingsFor({ name, set }: Pick<AgentSpec, 'name' | 'set'>): Record<string, string> {
  const entries = Object.entries(set).map(([key, text]) => {
    const missing = variablesIn(text).find(variable => process.env[variable] === undefined);
    if (missing === undefined) return [key, fillIn(text, process.env)] as const;
    throw new SignalboxError(
      'invalid',
      'variableMissing',
      `The agent ${name} sets ${key} from ${missing}, which is not set in the environment of Signalbox.`,
    );
  });
  return Object.fromEntries(entries);
}
