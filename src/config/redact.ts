/** The configuration without what came from the environment. */
import { namesSecret } from './effective.ts';
import type { LoadedConfig } from './load.ts';

/** A value this short hides nothing, and would be found everywhere. */
const shortestHidden = 4;

/**
 * The configuration with every value that came from the environment put back to the variable's name, and with what looks
 * like a secret in the file covered.
 */
export function withoutValues(
  { config, variables }: Pick<LoadedConfig, 'config' | 'variables'>,
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  const hidden = variables
    .map(name => ({ name, value: env[name] ?? '' }))
    .filter(({ value }) => value.length >= shortestHidden)
    .sort((a, b) => b.value.length - a.value.length);
  const hide = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') {
      if (namesSecret(key) && value !== '' && !value.includes('${')) return '***';
      return hidden.reduce((text, { name, value: secret }) => text.replaceAll(secret, () => `\${${name}}`), value);
    }
    if (Array.isArray(value)) return value.map(element => hide(element, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, hide(field, name)]));
  };
  return hide(config, '');
}
