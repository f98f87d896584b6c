/** What must be done before what. */
import type { ItemRef, Relations, Tracker } from '../../tracker.ts';
import { relationsAnswer } from './answers.ts';
import type { Parts } from './items.ts';

/** Under which names editions keep them; the oldest keep none that can be asked for. */
const names = ['relations', 'dependencies'];

export function createRelations({ api }: Parts): Pick<Tracker, 'relations'> {
  return {
    async relations(ref): Promise<Relations | null> {
      const path = await api.item(ref);
      const refs = (list: readonly (string | { project_id: string; issue_id: string })[]): ItemRef[] =>
        list.map(other =>
          typeof other === 'string'
            ? { project: ref.project, id: other }
            : { project: other.project_id, id: other.issue_id },
        );
      for (const name of names) {
        const answer = await api.find(`${path}/${name}/`, relationsAnswer);
        if (answer) return { blockedBy: refs(answer.blocked_by), blocks: refs(answer.blocking) };
      }
      return null;
    },
  };
}
