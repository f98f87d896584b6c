/** The configuration without what came from the environment. */
import { Secret } from '../domain/secret.ts';
import { covered, shortestHidden } from '../domain/variables.ts';
import type { LoadedConfig } from './load.ts';

/**
 * The configuration with every value that came from the environment put back to the variable's name, and with the values
 * covered that agents are given as variables.
 */
export function withoutValues(
  { config, variables }: Pick<LoadedConfig, 'config' | 'variables'>,
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  const hidden = variables
    .map(name => ({ name, value: env[name] ?? '' }))
    .filter(({ value }) => value.length >= shortestHidden)
    .sort((a, b) => b.value.length - a.value.length);
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return hidden.reduce((text, { name, value: secret }) => text.replaceAll(secret, () => `\${${name}}`), value);
    }
    if (Array.isArray(value)) return value.map(hide);
    if (value instanceof Secret) return value.toString();
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, name === 'set' ? covered(field) : hide(field)]),
    );
  };
  return hide(config);
}
