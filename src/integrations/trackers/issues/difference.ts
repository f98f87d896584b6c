/** What is to be written so that an item looks as it should; labels that a project has not are never made. */
import { sorted } from '../../forges/labels.ts';
import type { Shown } from '../../tracker.ts';
import { states } from './states.ts';

export interface Difference {
  state: 'open' | 'closed' | undefined;
  /** As the project writes them. */
  add: string[];
  /** As the item has them. */
  remove: string[];
  unknown: string[];
}

/** Looks up the labels of a project only where one is to be added that the item does not have. */
export async function differenceOf(
  now: { isOpen: boolean; labels: readonly string[] },
  { state, addLabels = [], removeLabels = [] }: Shown,
  labelsThere: () => Promise<readonly string[]>,
): Promise<Difference> {
  const has = (labels: readonly string[]) => {
    const names = new Set(labels.map(label => label.toLowerCase()));
    return (label: string) => names.has(label.toLowerCase());
  };
  const missing = addLabels.filter(label => !has(now.labels)(label));
  const { known, unknown } = sorted(missing, missing.length > 0 ? await labelsThere() : []);
  const wanted = states.find(({ name }) => name === state?.trim().toLowerCase())?.name as Difference['state'];
  return {
    state: wanted === (now.isOpen ? 'open' : 'closed') ? undefined : wanted,
    add: known,
    remove: now.labels.filter(label => has(removeLabels)(label) && !has(addLabels)(label)),
    unknown: [...(state !== undefined && wanted === undefined ? [state] : []), ...unknown],
  };
}
