/** Labels on Gitea and Forgejo: of a repository, and of the organisation that it belongs to. */
import type { Http } from '../../http/client.ts';
import { at, ownerAndName } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { type LabelAnswer, labelAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

/** Finds the ids of labels, and which there are not. Old versions take ids only. */
export type SortLabels = (
  repository: string,
  names: readonly string[],
) => Promise<{ ids: number[]; unknown: string[] }>;

/** The labels that a repository knows, by their names in lower case: its own before those of its organisation. */
export async function knownLabels(http: Http, repository: string): Promise<Map<string, LabelAnswer>> {
  const ofRepository = await http.list(`${pathOf(repository)}/labels`, labelAnswer);
  const ofOwner = await listOrNothing(http, at`/orgs/${ownerAndName(repository).owner}/labels`);
  return new Map([...ofOwner, ...ofRepository].map(label => [label.name.toLowerCase(), label]));
}

/** People have no labels, and an organisation need not show its own. */
async function listOrNothing(http: Http, path: string): Promise<LabelAnswer[]> {
  try {
    return await http.list(path, labelAnswer);
  } catch (error) {
    if (error instanceof OutsideError && (error.failure === 'notFound' || error.failure === 'forbidden')) return [];
    throw error;
  }
}

export function createSortLabels(http: Http): SortLabels {
  return async (repository, names) => {
    const known = names.length > 0 ? await knownLabels(http, repository) : new Map<string, LabelAnswer>();
    const ids = names.flatMap(name => known.get(name.toLowerCase())?.id ?? []);
    return { ids, unknown: names.filter(name => !known.has(name.toLowerCase())) };
  };
}
