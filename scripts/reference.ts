/** Writes docs/reference.md: every operation with its command, its route, its fields and its answer. `npm run reference`. */
import { writeFileSync } from 'node:fs';
import { commandFor } from '../src/domain/command-line.ts';

import { jsonSchemaOf } from '../src/operations/http.ts';
import { allOperations } from '../src/operations/index.ts';
import { type AnyOperation, isStream } from '../src/operations/operation.ts';

interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  description?: string;
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
}

const head = `# Everything that can be asked

An operation is the same wherever it is asked: on the command line, over HTTP, or by a program with the client. Who may ask is one of
\`viewer\`, \`operator\` and \`admin\`, each of whom may what those before may; the command line on the machine itself asks as \`admin\`.

- **Command line.** \`--json\` prints the answer as one JSON document. \`--data\` and \`--config\` say where; without \`--config\` the
  configuration counts that whoever worked last on the data has put in force.
- **HTTP.** Fields that are in the path go there, the others into the query of a GET and the JSON body of a POST. The header
  \`Idempotency-Key\` makes an order count once: the same order under the same key is given the same answer, also after a
  crash; another order under it is refused. Failures are problem documents: [errors.md](errors.md).
- What answers **bit by bit** is a stream of server-sent events, or of JSON lines with \`--json\`.

Written by \`npm run reference\` from the operations.
`;

/** The whole page. */
export async function referenceText(): Promise<string> {
  const all = await allOperations();
  const groups = Map.groupBy(all, ({ name }) => name.split('.')[0]!);
  const parts = [...groups].map(([group, members]) => `\n## ${group}\n${members.map(entryOf).join('')}`);
  return `${head}${parts.join('')}`;
}

function entryOf(operation: AnyOperation): string {
  const { name, summary, may, changes, input, output, route, args = [] } = operation;
  const shape = jsonSchemaOf(input, 'input') as Schema;
  const typed = commandFor(name, Object.fromEntries(args.map(field => [field, undefined])));
  const asked = route === null ? 'only where it is asked' : `\`${route.method} ${route.path}\``;
  const fields = Object.entries(shape.properties ?? {});
  return [
    `\n### ${name}\n`,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.\n`,
    `\`${typed}\` · ${asked} · ${may}${changes ? ' · changes something' : ''}\n`,
    ...(fields.length === 0
      ? []
      : [
          '| field | is | means |\n|---|---|---|',
          ...fields.map(([field, schema]) => rowOf(field, schema, shape.required ?? [])),
          '',
        ]),
    `${isStream(operation) ? 'Answers bit by bit' : 'Answers'} ${answerOf(jsonSchemaOf(output, 'output') as Schema)}.\n`,
  ].join('\n');
}

function rowOf(field: string, schema: Schema, required: readonly string[]): string {
  const { default: usual } = schema;
  const isNeeded = required.includes(field) && usual === undefined;
  const told = usual === undefined ? (isNeeded ? '' : ' (optional)') : ` (\`${JSON.stringify(usual)}\` without it)`;
  return `| \`${field}\` | ${typeOf(schema)} | ${(schema.description ?? '').replaceAll('|', '\\|')}${told} |`;
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? 'anything';
}

/** The names of the fields of an answer. What is in a list is in brackets. */
function answerOf(schema: Schema): string {
  const fields = Object.entries(schema.properties ?? {}).map(([field, { type, items }]) => {
    const inner = type === 'array' ? Object.keys(items?.properties ?? {}) : [];
    return `\`${field}\`${inner.length === 0 ? '' : ` [${inner.map(name => `\`${name}\``).join(', ')}]`}`;
  });
  return fields.length === 0 ? 'an object' : fields.join(', ');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL('../docs/reference.md', import.meta.url), await referenceText());
}
