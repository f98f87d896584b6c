/** Tasks that live, a page at a time: there may be more of them than anybody wants to hold at once. */
import type { ActorRow } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';

const pageSize = 50;

/** Those with this tag, newest first. */
export async function* livingTasks(runtime: Runtime, tag: string): AsyncGenerator<ActorRow> {
  const query = { kind: 'task', tags: [tag], status: 'living', order: 'newest', limit: pageSize } as const;
  for (let after: { isLiving: boolean; createdAt: number; id: string } | undefined; ; ) {
    const rows = await runtime.list({ ...query, ...(after && { after }) });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = { isLiving: true, createdAt: last.createdAt, id: last.id };
  }
}
