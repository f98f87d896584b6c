/** Short ways to what most stories begin with. */
import type { ItemRef, WorkItem } from '../../../../src/integrations/tracker.ts';
import type { TrackerPlace, WantedItem } from '../conformance.ts';

export const marker = '<!-- signalbox:task-1 -->';

/** An item of Maria's in a project of its own. */
export async function openOne(
  { people }: TrackerPlace,
  wanted: Partial<WantedItem> = {},
): Promise<{ project: string; ref: ItemRef }> {
  const project = await people.makeProject();
  return { project, ref: await people.openItem(project, { title: 'It fails', ...wanted }) };
}

export async function itemOf({ tracker }: TrackerPlace, ref: ItemRef): Promise<WorkItem> {
  const item = await tracker.item(ref);
  if (!item) throw new Error(`There is no item ${ref.id} of ${ref.project}.`);
  return item;
}

export async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}
