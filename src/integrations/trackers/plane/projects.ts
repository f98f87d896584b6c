/** Projects, and the words that each has for states and labels. */
import { OutsideError } from '../../outside.ts';
import type { Tracker, TrackerState } from '../../tracker.ts';
import { isPlaneId, type LabelAnswer, labelAnswer, projectAnswer, stateAnswer } from './answers.ts';
import type { PlaneApi } from './api.ts';

/** What a project calls things. */
export interface Words {
  /** Of the project itself, as the keys of its items begin. */
  identifier: string;
  states: TrackerState[];
  labels: LabelAnswer[];
}

export interface Projects extends Pick<Tracker, 'project'> {
  /** The words of a project, which may be a few minutes old. */
  words(project: string): Promise<Words>;
  /** The words as they are now, unless they have just been asked for. */
  newWords(project: string): Promise<Words>;
  /** They have turned out to be wrong. */
  forget(project: string): void;
}

const longestMs = 5 * 60_000;
/** A word that nobody knows must not cost requests each time it is used. */
const shortestMs = 30_000;

export function createProjects(api: PlaneApi, name: string): Projects {
  const kept = new Map<string, { words: Promise<Words>; at: number }>();

  const ask = async (id: string, identifier?: string): Promise<Words> => {
    const path = api.project(id);
    return {
      identifier: identifier ?? (await api.http.get(`${path}/`, projectAnswer)).identifier,
      states: await api.list(`${path}/states/`, stateAnswer),
      labels: await api.list(`${path}/labels/`, labelAnswer),
    };
  };
  /** Whoever asks meanwhile gets the same answer; one that failed is nobody's. */
  const keep = (id: string, words: Promise<Words>): Promise<Words> => {
    const entry = { words, at: Date.now() };
    kept.set(id, entry);
    words.catch(() => kept.get(id) === entry && kept.delete(id));
    return words;
  };
  const noOlderThan = async (id: string, ms: number): Promise<Words> => {
    const there = kept.get(id);
    return there && Date.now() - there.at <= ms ? there.words : keep(id, ask(id));
  };
  const found = async (ref: string) => {
    if (isPlaneId(ref)) return api.http.get(`${api.project(ref)}/`, projectAnswer);
    for await (const page of api.pages(`${api.workspace}/projects/`, projectAnswer)) {
      const project = page.find(({ identifier }) => identifier.toUpperCase() === ref.toUpperCase());
      if (project) return project;
    }
    throw new OutsideError('notFound', `${name} has no project ${JSON.stringify(ref)}.`);
  };

  return {
    async project(ref) {
      const project = await found(ref);
      const { states, labels } = await keep(project.id, ask(project.id, project.identifier));
      return {
        id: project.id,
        identifier: project.identifier,
        name: project.name,
        states: states.map(({ id, name: called, group }) => ({ id, name: called, group })),
        labels: labels.map(label => label.name),
      };
    },
    words: id => noOlderThan(id, longestMs),
    newWords: id => noOlderThan(id, shortestMs),
    forget: id => void kept.delete(id),
  };
}

/** The state of this id or name; of two that differ only in case the one that is written so. */
export const stateCalled = ({ states }: Words, wanted: string): TrackerState | undefined =>
  states.find(state => state.id === wanted || state.name === wanted) ??
  states.find(state => state.name.toLowerCase() === wanted.toLowerCase());
