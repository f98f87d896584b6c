/**
 * A runtime on a data directory that is asked, line by line, for rounds of work: `linked N` looks up whom branches of N tasks
 * mean, `whole N` takes deliveries for N tasks. Answers how many microseconds one took.
 */
import { createInterface } from 'node:readline';
import { dataPaths } from '../src/app/data-directory.ts';
import { type DeliveryTaker, takeDelivery } from '../src/app/deliveries.ts';
import { kindsFor } from '../src/app/kinds.ts';
import { sendersFor } from '../src/app/senders.ts';
import { branchLink } from '../src/machines/links.ts';
import { candidatesOf } from '../src/machines/routing.ts';
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import { startRuntime } from '../src/runtime/index.ts';
import { branchOf, builtFor, forgeName, type Hook, pushTo, repositoryName, settingsAtForge } from './forge.ts';

const paths = dataPaths(process.argv[2] ?? '');
const store = openSqliteStore({ file: paths.database, checksLargeFiles: false });
const settings = () => settingsAtForge;
const runtime = await startRuntime({ store, kinds: kindsFor(paths, { settings }), effects: 'none' });
const taker: DeliveryTaker = {
  runtime,
  ownAccounts: () => ({ logins: ['signalbox'], ids: [] }),
  secrets: () => [],
  now: Date.now,
};
const senders = sendersFor(settingsAtForge, 'gitea', null);
const remote = { forge: forgeName, repository: repositoryName };
const atOnce = 50;
let count = 0;

/** Tasks far from each other, all of them in turn. */
const spread = (index: number, tasks: number) => ((index * 7_919) % tasks) + 1;

async function look(tasks: number): Promise<number> {
  const links = Array.from({ length: 20_000 }, (_, index) => branchLink(remote, branchOf(spread(index, tasks))));
  const began = performance.now();
  for (const link of links) {
    const [task] = candidatesOf(await runtime.linked(link));
    if (task === undefined) throw new Error(`nobody is called ${link}`);
  }
  return ((performance.now() - began) * 1_000) / links.length;
}

async function take(tasks: number): Promise<number> {
  const make = (index: number): Hook => {
    count += 1;
    return (index % 2 === 0 ? pushTo : builtFor)(spread(count, tasks), count);
  };
  const hooks = Array.from({ length: 3_000 }, (_, index) => make(index)).map(({ headers, body }) => ({
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body,
  }));
  const began = performance.now();
  for (let first = 0; first < hooks.length; first += atOnce) {
    const all = hooks.slice(first, first + atOnce).map(raw => takeDelivery(taker, senders, raw));
    for (const taken of await Promise.all(all)) {
      if (!('outcome' in taken) || taken.outcome !== 'accepted') throw new Error(JSON.stringify(taken));
    }
  }
  return ((performance.now() - began) * 1_000) / hooks.length;
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [what, tasks] = line.split(' ');
  const us = await (what === 'linked' ? look : take)(Number(tasks));
  process.stdout.write(`${JSON.stringify(us)}\n`);
}
process.exit(0);
