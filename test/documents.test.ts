/** What the documents tell somebody to type is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { commandsText } from '../scripts/commands.ts';
import { commands } from '../src/cli/commands.ts';

const root = new URL('../', import.meta.url).pathname;

const documents = [
  'README.md',
  'docs/operating.md',
  'docs/configuration.md',
  'docs/forges.md',
  'docs/trackers.md',
  'docs/notifications.md',
  'docs/pipelines.md',
  'docs/simulation.md',
  'examples/deploy/README.md',
  'examples/gitea/README.md',
  'examples/gitea-plane/README.md',
];

/** Command lines of Signalbox in blocks of shell and between backquotes, without what a shell makes of them. */
function commandLinesIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.split('\n'));
  const inline = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
  return [...blocks, ...inline]
    .map(line => /(?:^|\bnpx |-- )signalbox +([a-z].*)$/.exec(line.replace(/ +#.*$/, ''))?.[1])
    .filter(line => line !== undefined);
}

const said = documents.flatMap(file =>
  commandLinesIn(readFileSync(join(root, file), 'utf8')).map(line => ({ file, line })),
);

/** The words of the command that a line begins with. */
function wordsOf(line: string): string | undefined {
  const [first = '', second = ''] = line.split(' ');
  return [`${first} ${second}`, first].find(words => commands.has(words));
}

test('every command that a document names is one, with options that it has', async () => {
  expect(said.length).toBeGreaterThan(50);
  // A group alone is spoken of, not typed.
  const isGroup = (line: string) => [...commands.keys()].some(words => words.startsWith(`${line} `));
  const unknown = said.filter(({ line }) => wordsOf(line) === undefined && !isGroup(line));
  expect(unknown).toEqual([]);
  const known = new Set(said.map(({ line }) => wordsOf(line)).filter(words => words !== undefined));
  for (const words of known) {
    const { stdout } = await execa(process.execPath, [join(root, 'bin/signalbox.js'), ...words.split(' '), '--help']);
    const options = said
      .filter(({ line }) => wordsOf(line) === words)
      .flatMap(({ file, line }) =>
        [...line.matchAll(/(?:^| )(--?[a-z][a-z-]*)/g)].map(([, option]) => ({ file, option })),
      );
    const missing = options.filter(({ option }) => !new RegExp(`(?:^|[\\s,])${option}(?=[\\s,])`, 'm').test(stdout));
    expect([words, missing]).toEqual([words, []]);
  }
}, 120_000);

test('the help of every command in the documents is what the program prints', async () => {
  const file = join(root, 'docs/reference/commands.md');
  expect(readFileSync(file, 'utf8'), 'npm run reference writes it').toBe(await commandsText());
});
