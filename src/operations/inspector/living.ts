/** Which actors a viewer is shown first. */
import { setImmediate as nextRound } from 'node:timers/promises';
import type { ActorQuery, ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';

export type Living = Pick<ActorRow, 'id' | 'parentId' | 'updatedAt'>;

const pageSize = 256;

/** All that have not ended, of these kinds. */
export async function livingOf(runtime: Runtime, kinds: readonly string[]): Promise<Living[]> {
  const all: Living[] = [];
  for (const kind of kinds) all.push(...(await pages(runtime, { kind })));
  return all;
}

/** A task that has not ended, and everything below it. */
export async function livingBelow(runtime: Runtime, task: string): Promise<Living[]> {
  const row = await runtime.actor(task);
  if (row?.status !== 'active') return [];
  const all = [placeOf(row)];
  // An array that grows is walked to its new end.
  for (const { id } of all) all.push(...(await pages(runtime, { parentId: id })));
  return all;
}

/** What was moved last, with everything above it, parents before their children; and how many are left out. */
export function latest(living: readonly Living[], most: number): { ids: string[]; left: number } {
  const byId = new Map(living.map(one => [one.id, one]));
  const chosen = new Set<string>();
  for (const one of living.toSorted((a, b) => b.updatedAt - a.updatedAt)) {
    const line: string[] = [];
    for (let next: Living | undefined = one; next !== undefined && !chosen.has(next.id); ) {
      line.unshift(next.id);
      next = next.parentId === null ? undefined : byId.get(next.parentId);
    }
    if (chosen.size + line.length <= most) for (const id of line) chosen.add(id);
  }
  return { ids: [...chosen], left: living.length - chosen.size };
}

/** A page in each round of the event loop: there may be many, and others wait. */
async function pages(runtime: Runtime, query: Omit<ActorQuery, 'limit' | 'after' | 'status'>): Promise<Living[]> {
  const all: Living[] = [];
  for (let after = ''; ; after = all.at(-1)!.id) {
    const rows = await runtime.actors({ ...query, status: 'active', after, limit: pageSize });
    all.push(...rows.map(placeOf));
    if (rows.length < pageSize) return all;
    await nextRound();
  }
}

const placeOf = ({ id, parentId, updatedAt }: ActorRow): Living => ({ id, parentId, updatedAt });
