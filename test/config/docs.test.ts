import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { yamlPlace } from './files.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

test('the example in the documentation holds', async () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const { config, warnings } = await yamlPlace(example).load({ TEAM_GATEWAY: 'https://gateway' });
  expect(warnings).toEqual([]);
  expect(Object.keys(config.projects)).toEqual(['shop', 'warehouse']);
  expect(config.projects.warehouse?.roles).toEqual({ architect: 'opus', reviewer: 'codex', developer: 'opus' });
});

test('the configuration in the README holds, with every CLI in it', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  const { config, warnings } = await yamlPlace(example).load({ TEAM_TOKEN: 'secret' });
  expect(warnings).toEqual([]);
  expect(new Set(Object.values(config.agents).map(({ kind }) => kind))).toEqual(new Set(Object.keys(agentClis)));
});

test('every field is documented', () => {
  const fields = fieldsOf(configJsonSchema());
  expect(fields).toContain('noProgress');
  const missing = fields.filter(name => !new RegExp(`\\b${name.replace('$', '\\$')}\\b`).test(text));
  expect(missing.filter(name => name !== '$schema')).toEqual([]);
});

/** The names of all fields, however deep. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { properties?: Record<string, unknown> };
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(fieldsOf),
    ...Object.values(rest).flatMap(fieldsOf),
  ];
}
