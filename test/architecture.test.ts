/** The folders are the architecture: imports run one way, and machines know neither clock nor chance nor the outside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = new URL('../src/', import.meta.url).pathname;

/** What a folder may import, beside itself. */
const allowed: Record<string, string[]> = {
  domain: [],
  host: ['domain'],
  machines: ['domain'],
  integrations: ['domain'],
  prompts: ['domain'],
  persistence: ['domain', 'host'],
  runtime: ['domain', 'persistence'],
  config: ['domain', 'machines', 'integrations'],
  actors: ['domain', 'host', 'machines', 'runtime', 'integrations', 'prompts'],
  demo: ['actors'],
  app: ['domain', 'host', 'machines', 'persistence', 'runtime', 'integrations', 'actors', 'config'],
  operations: ['domain', 'machines', 'persistence', 'runtime', 'config', 'app'],
  client: ['domain', 'actors', 'machines', 'persistence', 'config', 'demo', 'app', 'operations'],
  http: ['domain', 'operations'],
  cli: ['domain', 'client'],
  'main.ts': ['cli'],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
const importsOf = (file: string) =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    join(file, '..', path!),
  );
const roomOf = (file: string) => file.split('/')[0]!;

test('every import points the allowed way', () => {
  const wrong = files.flatMap(file =>
    importsOf(file)
      .filter(target => roomOf(target) !== roomOf(file) && !allowed[roomOf(file)]?.includes(roomOf(target)))
      .map(target => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('I6: machines read no clock, no chance, no environment and do no I/O', () => {
  const impure = /Date\.now|new Date|Math\.random|process\.|randomUUID|'node:|setTimeout|setInterval/;
  const found = files
    .filter(file => file.startsWith('machines/') || file.startsWith('domain/'))
    .filter(file => impure.test(readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')));
  expect(found).toEqual([]);
});

test('only the runtime knows how SQL is kept from it: no SQL outside persistence/sqlite', () => {
  const sql = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|PRAGMA)\s+\w+\s/;
  const found = files.filter(
    file => !file.startsWith('persistence/sqlite/') && sql.test(readFileSync(join(source, file), 'utf8')),
  );
  expect(found).toEqual([]);
});
