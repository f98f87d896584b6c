/** The folders are the architecture: imports run one way, and machines know neither clock nor chance nor the outside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { machineKinds } from '../src/app/machine-kinds.ts';

const source = new URL('../src/', import.meta.url).pathname;

/** What a folder may import, beside itself. */
const allowed: Record<string, string[]> = {
  domain: [],
  host: ['domain'],
  machines: ['domain'],
  integrations: ['domain'],
  prompts: ['domain'],
  texts: ['domain'],
  persistence: ['domain', 'host'],
  runtime: ['domain', 'persistence'],
  config: ['domain', 'machines', 'integrations'],
  actors: ['domain', 'host', 'machines', 'runtime', 'integrations', 'prompts'],
  demo: ['actors'],
  app: ['domain', 'host', 'machines', 'persistence', 'runtime', 'integrations', 'actors', 'config', 'texts'],
  simulation: [...['domain', 'machines', 'persistence', 'runtime', 'integrations', 'actors', 'config', 'app']],
  operations: ['domain', 'machines', 'persistence', 'runtime', 'integrations', 'config', 'app'],
  observability: ['domain', 'machines', 'persistence', 'runtime', 'app', 'operations'],
  client: ['domain', 'actors', 'machines', 'persistence', 'config', 'demo', 'app', 'operations', 'simulation'],
  http: ['domain', 'operations', 'observability'],
  service: [
    ...['domain', 'host', 'machines', 'persistence', 'runtime', 'config', 'app', 'operations', 'client', 'http'],
    'observability',
  ],
  cli: ['domain', 'client', 'service'],
  'main.ts': ['cli'],
  // Stands outside, as what we speak with does: it knows nothing of us.
  testing: [],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
const textOf = (file: string) => readFileSync(join(source, file), 'utf8');
const codeOf = (file: string) => textOf(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, '');
const roomOf = (file: string) => file.split('/')[0]!;

/** What a file imports of ours: at once, for its types, and when it is asked for. */
const importsOf = (file: string) =>
  [...codeOf(file).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path]) => join(file, '..', path!));

test('every import points the allowed way, those that come later too', () => {
  const wrong = files.flatMap(file =>
    importsOf(file)
      .filter(target => roomOf(target) !== roomOf(file) && !allowed[roomOf(file)]?.includes(roomOf(target)))
      .map(target => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no import is hidden: what is imported later is named where it is', () => {
  const hidden = files.filter(file => /\bimport\((?!')/.test(codeOf(file)));
  // A configuration is a module of the user's.
  expect(hidden).toEqual(['config/document.ts']);
});

test('no file leads back to itself, not even by its types', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: string[]) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (way.includes(file) || done.has(file)) return;
    for (const target of importsOf(file)) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});

test('I6: machines read no clock, no chance, no environment and do no I/O', () => {
  const impure = /Date\.now|new Date|Math\.random|process\.|randomUUID|'node:|setTimeout|setInterval/;
  const found = files
    .filter(file => file.startsWith('machines/') || file.startsWith('domain/'))
    .filter(file => impure.test(codeOf(file)));
  expect(found).toEqual([]);
});

test('only the runtime knows how SQL is kept from it: no SQL outside persistence/sqlite', () => {
  const sql = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|PRAGMA)\s+\w+\s/;
  const found = files.filter(file => !file.startsWith('persistence/sqlite/') && sql.test(textOf(file)));
  expect(found).toEqual([]);
});

/** States of our machines that are no ordinary words: whoever names one of them means the state. */
function stateNames(): string[] {
  type Node = { key: string; type: string; states: Record<string, Node> };
  const below = (node: Node): string[] =>
    Object.values(node.states).flatMap(child => [...(child.type === 'history' ? [] : [child.key]), ...below(child)]);
  const all = machineKinds.flatMap(kind => below(kind.build(kind.definition).root as never));
  // These are also what tasks, runs, gates and people do: their standing, their status, their class.
  const ordinary = new Set(
    (
      'analysis architecture development review testing deploy publishing paused done cancelled failed blocked created running ' +
      'working open closed held free finished ready unknown waiting ended starting accepting queued backoff stopping merging revoked'
    ).split(' '),
  );
  return [...new Set(all)].filter(name => !ordinary.has(name));
}

test('no state of a machine is named outside machines/', () => {
  const names = stateNames();
  expect(names).toContain('awaitingApproval');
  const named = new RegExp(`['"\`](?:[\\w.]*\\.)?(?:${names.join('|')})(?:\\.[\\w.]*)?['"\`]`);
  const found = files
    .filter(file => !file.startsWith('machines/'))
    .flatMap(file => [...codeOf(file).matchAll(new RegExp(named, 'g'))].map(([text]) => `${file}: ${text}`));
  expect(found).toEqual([]);
});

test('no state is taken apart or compared outside machines/ and the store that lists by it', () => {
  const reading = /\b(?:state|to|from)\s*(?:\.(?:startsWith|endsWith|includes|split|match)\(|[!=]==\s*['"`])/;
  const found = files
    .filter(file => !/^(machines|persistence|runtime|domain|host|integrations|prompts|config|testing)\//.test(file))
    .flatMap(file =>
      codeOf(file)
        .split('\n')
        .flatMap(line => (reading.test(line) ? [`${file}: ${line.trim()}`] : [])),
    );
  // Where an actor began there was no state before.
  expect(found.filter(line => !/from !== ''/.test(line))).toEqual([]);
});

test('below the command line nobody speaks in its words', () => {
  const speaking =
    /signalbox (?:run|task|agent|queue|serve|init|doctor|demo|backup|prune|pipeline|config)\b|[\s("'`]--[a-z][a-z-]+\b(?! ?['"`],)/;
  const rooms = /^(domain|machines|runtime|persistence|app|operations|client|http|config)\//;
  const strings = (file: string) => [...codeOf(file).matchAll(/'[^'\n]*'|`[^`]*`|"[^"\n]*"/g)].map(([text]) => text);
  const found = files
    .filter(file => rooms.test(file))
    .flatMap(file =>
      strings(file)
        .filter(text => speaking.test(text))
        .map(text => `${file}: ${text.slice(0, 100)}`),
    );
  // Git's own options, and the file that `init` writes for people who will type commands.
  expect(
    found.filter(
      line =>
        !/^app\/init\.ts|^client\/demo\.ts|'--[a-z-]+(?:=[^']*)?'$|git --version|\bgit (?:config|lfs install) --/.test(
          line,
        ),
    ),
  ).toEqual([]);
});
