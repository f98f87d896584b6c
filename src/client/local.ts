/**
 * The contract at a data directory. Whoever works there is asked through its socket; when nobody does, the data is opened
 * for each order as that needs, and closed again.
 */

import { existsSync } from 'node:fs';
import { dataPaths, ownerOf, requireData } from '../app/data-directory.ts';
import { type Mode, openApp } from '../app/open.ts';
import { type Located, locate, type Place } from '../app/place.ts';
import { socketOf } from '../app/socket.ts';
import { isBecause } from '../domain/errors.ts';
import { type OperationName, operations } from '../operations/index.ts';
import type { AnyOperation, DataOperation, Here, Site } from '../operations/operation.ts';
import {
  type Admitted,
  admit,
  checked,
  isPlannedFirst,
  performHere,
  performOn,
  performWithout,
  planFor,
  streamOn,
} from '../operations/perform.ts';
import { patiently } from './patience.ts';
import type { AnswerName, AskOptions, InputOf, Signalbox } from './signalbox.ts';
import { isPassing } from './unbroken.ts';
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
    const without = creates || existsSync(paths.database) ? undefined : performWithout(admitted, here);
    if (without !== undefined) return without;
    if (!creates) requireData(paths);
    const plan = isPlannedFirst(admitted) ? await planFor(admitted, here) : undefined;
    const only = needs === 'work' && existsSync(paths.database) ? await concerned(admitted) : undefined;
    return using(await opening(needs, only), site => performOn(admitted, site, plan));
  }

  /** Only the work of these is done, so that nothing else begins meanwhile. */
  async function concerned({ operation, input }: Admitted): Promise<string[]> {
    const { concerns } = operation as DataOperation;
    return using(await opening('read'), async site => (await concerns?.(site, input)) ?? []);
  }

  async function admitted(name: OperationName, input: unknown, options?: AskOptions): Promise<Admitted> {
    return admit(await operations[name](), input, whoOf(identity, options));
  }

  /** Whoever works on the data, as somebody who can be asked; undefined where nobody listens. */
  async function whoeverWorks({ needs, route }: AnyOperation): Promise<Signalbox | undefined> {
    if (needs === 'nothing' || route === null) return undefined;
    const socket = socketOf(dataPaths(await here.dataDir()));
    if (socket === undefined) return undefined;
    // Loaded for those who need it: a command on data that nobody works on answers sooner.
    const [{ openRemote }, { toSocket }] = await Promise.all([import('./remote.ts'), import('./transport.ts')]);
    const { carry, close } = toSocket(socket, identity);
    return openRemote(carry, close);
  }

  /** What relative paths are relative to is another directory for whoever works. */
  const forOthers = ({ input }: AnyOperation, given: unknown) =>
    'cwd' in input.shape ? { cwd: here.cwd, ...(given as object) } : given;

  return {
    here,
    async ask(name, input, options) {
      const order = await admitted(name, input, options);
      const attempt = async () => {
        const other = await whoeverWorks(order.operation);
        try {
          if (other !== undefined) return await other.ask(name, forOthers(order.operation, input) as never, options);
        } catch (error) {
          // What only looks is looked up here, where whoever worked has gone away over it.
          const isGone = !order.operation.changes && isBecause(error, 'unreachable');
          if (!isGone && !isNobodyThere(error)) throw error;
        } finally {
          await other?.close();
        }
        return checked(order.operation, await carryOut(order)) as never;
      };
      return patiently(attempt, error => isBecause(error, 'inUse'));
    },
    async plan(name, input) {
      const order = await admitted(name, input);
      return { admitted: order, plan: await planFor(order, here) };
    },
    async *follow(name, input, options) {
      let given = input;
      const other = await whoeverWorks((await admitted(name, input, options)).operation);
      if (other !== undefined) {
        const onPlace = (after: string) => {
          given = { ...input, after };
          options?.onPlace?.(after);
        };
        try {
          yield* other.follow(name, input, { ...options, onPlace });
          return;
        } catch (error) {
          // What was told so far is not told again: the rest is on this disk, whoever works on it next.
          if (!isPassing(error)) throw error;
        } finally {
          await other.close();
        }
      }
      requireData(dataPaths(await here.dataDir()));
      const site = await opening('read');
      try {
        const order = await admitted(name, given, options);
        for await (const pieces of streamOn(order, site)) {
          for (const piece of pieces) yield checked(order.operation, piece) as never;
        }
      } finally {
        await site.close();
      }
    },
    close: async () => {},
  };
}

/** A socket that a dead process has left, or one that is going away: nothing was sent to anybody. */
function isNobodyThere(error: unknown): boolean {
  if (!isBecause(error, 'unreachable')) return false;
  const { code, syscall } = (error.cause ?? {}) as NodeJS.ErrnoException;
  // One that closes may still take a connection, to drop it before it stands.
  return code === 'ECONNREFUSED' || code === 'ENOENT' || (code === 'ECONNRESET' && syscall === 'connect');
}

/** Whether a living process works on the data, which takes up what is recorded at once. */
export async function isWorkedOn(here: Located): Promise<boolean> {
  const paths = dataPaths(await here.dataDir());
  return ownerOf(paths) !== undefined && socketOf(paths) !== undefined;
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
