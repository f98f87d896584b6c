/** How an item is to look. */
import { sorted } from '../../forges/labels.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemRef, Showed, Shown, Tracker } from '../../tracker.ts';
import { type ItemAnswer, idAnswer, itemAnswer, type LabelAnswer } from './answers.ts';
import { expanded, labelNamed, type Parts } from './items.ts';
import { noItem } from './people.ts';
import { stateCalled, type Words } from './projects.ts';

/** What is to be written, by ids, and what there is no word for. */
interface Difference {
  state?: string;
  labels?: string[];
  unknown: string[];
}

export function createShow({ api, projects }: Parts, name: string): Pick<Tracker, 'show'> {
  const differenceOf = async (item: ItemAnswer, ref: ItemRef, shown: Shown): Promise<Difference> => {
    const labels = await Promise.all(item.labels.map(label => labelNamed(projects, ref.project, label)));
    const state = typeof item.state === 'string' ? item.state : item.state?.id;
    const difference = differenceBetween({ state, labels }, shown, await projects.words(ref.project));
    if (difference.unknown.length === 0) return difference;
    // Somebody may have made the word since we asked.
    return differenceBetween({ state, labels }, shown, await projects.newWords(ref.project));
  };

  const showOnce = async (ref: ItemRef, shown: Shown): Promise<Showed> => {
    const path = `${await api.item(ref)}/`;
    const item = await api.find(path, itemAnswer, expanded);
    if (!item) throw noItem(name, ref.id);
    const { unknown, ...wanted } = await differenceOf(item, ref, shown);
    const isChanged = Object.keys(wanted).length > 0;
    if (isChanged) await api.http.write('PATCH', path, wanted, idAnswer);
    return { isChanged, unknown };
  };

  return {
    async show(ref, shown) {
      try {
        return await showOnce(ref, shown);
      } catch (error) {
        // A state or a label that was deleted since we asked for them.
        if (!(error instanceof OutsideError) || error.status !== 400) throw error;
        projects.forget(ref.project);
        return showOnce(ref, shown);
      }
    },
  };
}

function differenceBetween(
  now: { state: string | undefined; labels: LabelAnswer[] },
  { state, addLabels = [], removeLabels = [] }: Shown,
  words: Words,
): Difference {
  const wantedState = state === undefined ? undefined : stateCalled(words, state);
  const { known, unknown } = sorted(
    addLabels,
    words.labels.map(label => label.name),
  );
  const removed = new Set(removeLabels.map(label => label.toLowerCase()));
  const stay = now.labels.filter(label => !removed.has(label.name.toLowerCase())).map(label => label.id);
  const added = words.labels.filter(label => known.includes(label.name)).map(label => label.id);
  const labels = [...new Set([...stay, ...added])];
  const isSame = labels.length === now.labels.length && now.labels.every(label => labels.includes(label.id));
  return {
    ...(wantedState && wantedState.id !== now.state ? { state: wantedState.id } : {}),
    ...(isSame ? {} : { labels }),
    unknown: state !== undefined && !wantedState ? [state, ...unknown] : unknown,
  };
}
