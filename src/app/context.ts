/** What an actor remembers, out of its row. */
import type { ActorRow } from '../persistence/store.ts';

/** The context in a stored snapshot; `T` is that of the machine of the row's kind. */
export function contextOf<T>(row: Pick<ActorRow, 'snapshot'>): T {
  return (JSON.parse(row.snapshot) as { context: T }).context;
}
