/** Lists of actors: the living first, the newest first, a page at a time, with how many there are where that is known. */
import { SignalboxError } from '../../domain/errors.ts';
import type { ActorRow, ListPlace, ListQuery } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';

export interface Page {
  rows: ActorRow[];
  nextCursor: string | null;
  total: number | null;
  /** How many come after this page. */
  left: number | null;
}

export type PageQuery = Omit<ListQuery, 'after'> & { cursor?: string | undefined };

/** Throws `badCursor` for a cursor that no list has answered. */
export async function pageOf(runtime: Runtime, { cursor, ...query }: PageQuery): Promise<Page> {
  const { after, before } = cursor === undefined ? { before: 0 } : readCursor(cursor);
  // One more than asked for tells whether there is another page.
  const rows = await runtime.list({ ...query, limit: query.limit + 1, ...(after && { after }) });
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const seen = before + shown.length;
  const nextCursor = rows.length > query.limit && last !== undefined ? cursorAt(last, seen) : null;
  const total = await totalOf(runtime, query);
  // Others may have come since the first page; there is one more at least.
  const left = nextCursor === null ? 0 : total && Math.max(total - seen, 1);
  return { rows: shown, nextCursor, total, left };
}

/** Known without looking only where a single tag decides. */
async function totalOf(runtime: Runtime, { kind, tags = [], state, status }: PageQuery): Promise<number | null> {
  if (state !== undefined || tags.length > 1) return null;
  const [tag = ''] = tags;
  const count = (await runtime.counts(kind)).find(one => one.tag === tag);
  const { living = 0, ended = 0 } = count ?? {};
  return (status === 'ended' ? 0 : living) + (status === 'living' ? 0 : ended);
}

/** The place after a row, and how many were shown up to there. */
function cursorAt({ status, createdAt, id }: ActorRow, seen: number): string {
  return Buffer.from(JSON.stringify([status === 'active' ? 1 : 0, createdAt, id, seen])).toString('base64url');
}

function readCursor(cursor: string): { after: ListPlace; before: number } {
  try {
    const [isLiving, createdAt, id, seen] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if ((isLiving === 0 || isLiving === 1) && isCount(createdAt) && isCount(seen) && typeof id === 'string') {
      return { after: { isLiving: isLiving === 1, createdAt, id }, before: seen };
    }
  } catch {
    // Said below.
  }
  throw new SignalboxError('invalid', 'badCursor', 'The cursor is not one that a list has answered.', {
    remedy: { say: 'give the one that the page before has answered', field: 'cursor' },
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
