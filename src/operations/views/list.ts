/** Lists of actors, a page at a time, with how many there are where that is known. */
import { SignalboxError } from '../../domain/errors.ts';
import { type ActorRow, type ListOrder, type ListPlace, type ListQuery, listOrders } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';

export interface Page {
  rows: ActorRow[];
  nextCursor: string | null;
  total: number | null;
  /** How many come after this page. */
  left: number | null;
}

export interface PageQuery extends Omit<ListQuery, 'after'> {
  cursor?: string | undefined;
  /** Narrows the list by what no index knows. Rows that it leaves out are looked at too, within bounds. */
  matches?: ((row: ActorRow) => boolean) | undefined;
}

/** Rows that are looked at for a page, at the most: what nothing matches must not hold up the others. */
const mostLooked = 1_000;
const lookedAtOnce = 100;

/** Throws `badCursor` for a cursor that no list in this order has answered. */
export async function pageOf(runtime: Runtime, { cursor, matches, ...query }: PageQuery): Promise<Page> {
  const { order = 'living' } = query;
  const start = cursor === undefined ? { before: 0 } : readCursor(cursor, order);
  if (matches !== undefined) return narrowedPage(runtime, { ...query, matches }, start);
  const { after, before } = start;
  // One more than asked for tells whether there is another page.
  const rows = await runtime.list({ ...query, limit: query.limit + 1, ...(after && { after }) });
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const seen = before + shown.length;
  const nextCursor = rows.length > query.limit && last !== undefined ? cursorAt(placeOf(last), seen, order) : null;
  const total = await totalOf(runtime, query);
  // Others may have come since the first page; there is one more at least.
  const left = nextCursor === null ? 0 : total && Math.max(total - seen, 1);
  return { rows: shown, nextCursor, total, left };
}

/** A page of what matches. It may be short, or empty, and still not be the last. */
async function narrowedPage(
  runtime: Runtime,
  { matches, ...query }: Omit<PageQuery, 'cursor'> & { matches: (row: ActorRow) => boolean },
  { after, before }: Start,
): Promise<Page> {
  const rows: ActorRow[] = [];
  let place = after;
  for (let looked = 0; looked < mostLooked; ) {
    const next = await runtime.list({ ...query, limit: lookedAtOnce, ...(place && { after: place }) });
    for (const row of next) {
      looked += 1;
      place = placeOf(row);
      if (matches(row)) rows.push(row);
      if (rows.length === query.limit) break;
    }
    const isAll = next.length < lookedAtOnce && rows.length < query.limit;
    if (isAll) return { rows, nextCursor: null, total: null, left: 0 };
    if (rows.length === query.limit) break;
    // Others come in between.
    await new Promise(resolve => setImmediate(resolve));
  }
  const { order = 'living' } = query;
  return { rows, nextCursor: cursorAt(place!, before + rows.length, order), total: null, left: null };
}

/** Known without looking only where a single tag decides. */
async function totalOf(runtime: Runtime, { kind, tags = [], state, status }: PageQuery): Promise<number | null> {
  if (state !== undefined || tags.length > 1) return null;
  const [tag = ''] = tags;
  const count = (await runtime.counts(kind)).find(one => one.tag === tag);
  const { living = 0, ended = 0 } = count ?? {};
  return (status === 'ended' ? 0 : living) + (status === 'living' ? 0 : ended);
}

const placeOf = ({ status, createdAt, id }: ActorRow): ListPlace => ({ isLiving: status === 'active', createdAt, id });

/** The place after a row, and how many were shown up to there. */
function cursorAt({ isLiving, createdAt, id }: ListPlace, seen: number, order: ListOrder): string {
  const parts = [isLiving ? 1 : 0, createdAt, id, seen, listOrders.indexOf(order)];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

interface Start {
  after?: ListPlace;
  before: number;
}

function readCursor(cursor: string, order: ListOrder): Start {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    const [isLiving, createdAt, id, seen, inOrder] = parts;
    const isPlace = (isLiving === 0 || isLiving === 1) && isCount(createdAt) && typeof id === 'string';
    if (isPlace && isCount(seen) && inOrder === listOrders.indexOf(order)) {
      return { after: { isLiving: isLiving === 1, createdAt, id }, before: seen };
    }
  } catch {
    // Said below.
  }
  throw new SignalboxError('invalid', 'badCursor', 'The cursor is not one that a list in this order has answered.', {
    remedy: { say: 'give the one that the page before has answered', field: 'cursor' },
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
