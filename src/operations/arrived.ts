/** Whether a delivery of a forge has come: what it sends is on record as actors of the kind `delivery`. */
import { z } from 'zod';
import type { ActorRow } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';

/** How long a forge may take to send what it was asked for. */
export const arrivalLimitMs = 15_000;

/** More than this come in no moment, but where a repository is very busy. */
const newest = 50;

/** What a delivery says of where it is from; what it does not say is no reason against it. */
const origin = z.object({
  context: z.object({
    name: z.string().nullish().catch(null),
    reading: z.object({ repo: z.string().nullish() }).nullish().catch(null),
  }),
});

interface Expected {
  forge: string;
  repository: string;
  /** Epoch milliseconds. */
  since: number;
}

/** Waits for a delivery with every commit, for a while. */
export async function hasArrived(runtime: Runtime, expected: Expected, signal: AbortSignal): Promise<boolean> {
  const look = async () => {
    const rows = await runtime.list({ kind: 'delivery', limit: newest });
    return rows.some(row => row.createdAt >= expected.since && isFrom(row, expected)) ? true : undefined;
  };
  try {
    return await runtime.until(look, signal);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function isFrom({ snapshot }: ActorRow, { forge, repository }: Expected): boolean {
  const { success, data } = origin.safeParse(JSON.parse(snapshot));
  if (!success) return true;
  const { name, reading } = data.context;
  const isOf = (said: string | null | undefined, wanted: string) =>
    said == null || said.toLowerCase() === wanted.toLowerCase();
  return isOf(name, forge) && isOf(reading?.repo, repository);
}
