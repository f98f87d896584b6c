/** The demo: a throw-away repository with a bug in it, data of its own, and an agent that plays from a script. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gitIn } from '../actors/git.ts';
import { makeDemoRepository } from '../demo/repository.ts';
import type { InputOf } from './signalbox.ts';

/** The agent: a program that plays all six roles from a script, through the interface that a CLI would use. */
const scriptedAgent = fileURLToPath(new URL('../../examples/scripted-agent.sh', import.meta.url));

export interface Demo {
  place: string;
  repository: string;
  dataDir: string;
  order: InputOf<'task.add'>;
  /** What the repository holds in the end: its files, how they came there, and what changed in the code since `base`. */
  outcome(base: string): Promise<{ files: string; history: string; changes: string }>;
  remove(): void;
}

export async function makeDemo(): Promise<Demo> {
  const place = mkdtempSync(join(tmpdir(), 'signalbox-demo-'));
  const repository = join(place, 'shop');
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const git = gitIn(repository);
  return {
    place,
    repository,
    dataDir: join(place, 'data'),
    order: {
      id: 'ET-1',
      title: 'Totals are wrong for more than one item',
      body: 'An order of two items at 3.00 shows a total of 3.00.\n`npm test` in the repository fails since then.\n',
      repository,
      target: 'main',
      agent: `sh ${JSON.stringify(scriptedAgent)}`,
    },
    outcome: async base => ({
      files: await git(['ls-tree', '-r', '--name-only', 'main']),
      history: await git(['log', '--graph', '--oneline', '--decorate=no', 'main']),
      changes: await git(['diff', '--no-ext-diff', base, 'main', '--', '.', ':!docs']),
    }),
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}
