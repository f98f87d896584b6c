/** The contract on the data directory itself: opens it for each order as that needs, and closes it again. */

import { existsSync } from 'node:fs';
import { dataPaths, requireData } from '../app/data-directory.ts';
import { type Mode, openApp } from '../app/open.ts';
import { type Located, locate, type Place } from '../app/place.ts';
import { operations } from '../operations/index.ts';
import type { DataOperation, Here, Site } from '../operations/operation.ts';
import { type Admitted, admit, performHere, performOn, planFor, streamOn } from '../operations/perform.ts';
import type { AnswerName, InputOf, Signalbox } from './signalbox.ts';
import { type Identity, whoOf } from './who.ts';

export type { Place } from '../app/place.ts';

/** An order of which everything is checked that can be before the data is touched. */
export interface Planned {
  admitted: Admitted;
  plan: unknown;
}

export interface LocalSignalbox extends Signalbox {
  readonly here: Here & Located;
  /** Checks an order and does not carry it out. */
  plan<Name extends AnswerName>(name: Name, input: InputOf<Name>): Promise<Planned>;
}

export function openLocal(place: Place, identity: Identity): LocalSignalbox {
  const here: Here & Located = { cwd: place.cwd, env: place.env, ...locate(place) };
  const opening = (mode: Mode, only?: readonly string[]) => openSite(here, { mode, only, warn: place.warn });

  async function carryOut(admitted: Admitted): Promise<unknown> {
    const { needs } = admitted.operation;
    if (needs === 'nothing') return performHere(admitted, here);
    const { creates = false } = admitted.operation as DataOperation;
    const paths = dataPaths(await here.dataDir());
    if (!creates) requireData(paths);
    const plan = await planFor(admitted, here);
    const only = needs === 'work' && existsSync(paths.database) ? await concerned(admitted) : undefined;
    return using(await opening(needs, only), site => performOn(admitted, site, plan));
  }

  /** Only the work of these is done, so that nothing else begins meanwhile. */
  async function concerned({ operation, input }: Admitted): Promise<string[]> {
    const { concerns } = operation as DataOperation;
    return using(await opening('read'), async site => (await concerns?.(site, input)) ?? []);
  }

  return {
    here,
    async ask(name, input, options) {
      return (await carryOut(admit(await operations[name](), input, whoOf(identity, options)))) as never;
    },
    async plan(name, input) {
      const admitted = admit(await operations[name](), input, whoOf(identity));
      return { admitted, plan: await planFor(admitted, here) };
    },
    async *follow(name, input, options) {
      const admitted = admit(await operations[name](), input, whoOf(identity, options));
      requireData(dataPaths(await here.dataDir()));
      const site = await opening('read');
      try {
        yield* streamOn(admitted, site) as AsyncGenerator<never>;
      } finally {
        await site.close();
      }
    },
    close: async () => {},
  };
}

interface Opening {
  mode: Mode;
  only: readonly string[] | undefined;
  warn(text: string): void;
}

async function openSite(here: Here & Located, { mode, only, warn }: Opening): Promise<Site> {
  const app = await openApp({
    dataDir: await here.dataDir(),
    mode,
    ...(only && { only }),
    // What a new data directory begins with; what is there already stays as it is.
    ...(mode !== 'read' && { configuration: await here.configuration().catch(() => undefined) }),
    onDamage: problems => warn(`the database is damaged: ${problems[0]}. Stop and restore a backup.`),
  });
  return Object.assign(app, { here });
}

async function using<T>(site: Site, work: (site: Site) => Promise<T>): Promise<T> {
  try {
    return await work(site);
  } finally {
    await site.close();
  }
}
