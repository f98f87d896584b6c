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
