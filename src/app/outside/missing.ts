/** What a project names of its place that the place does not have: a label that nobody made, a state that was renamed. */
import type { Source } from '../../config/board.ts';
import { isSameName } from '../../domain/names.ts';
import type { TrackerProject } from '../../integrations/tracker.ts';

type Named = Pick<Source, 'pick' | 'board'>;

/** One sentence for each; groups such as `@started` are no names. */
export function missingAt(named: Named, { name: place, states, labels }: TrackerProject): string[] {
  const lacks = (have: readonly string[]) => (wanted: string) => !have.some(one => isSameName(one, wanted));
  const isName = (wanted: string) => !wanted.startsWith('@');
  const { states: wantedStates, labels: wantedLabels } = namesIn(named);
  return [
    ...wantedStates
      .filter(isName)
      .filter(lacks(states.map(({ name }) => name)))
      .map(state => `the state ${state}`),
    ...wantedLabels.filter(lacks(labels)).map(label => `the label ${label}`),
  ].map(what => `${place} does not have ${what}`);
}

function namesIn({ pick, board }: Named): { states: string[]; labels: string[] } {
  const shown = Object.values(board.show);
  const heard = (...on: string[]) => board.hear.filter(rule => on.includes(rule.on)).map(({ value }) => value);
  const each = (all: readonly (string | null)[]) => [...new Set(all.filter(name => name !== null))];
  return {
    states: each([...pick.states, ...shown.map(({ state }) => state), ...heard('state')]),
    labels: each([...pick.labels, ...shown.map(({ label }) => label), ...heard('label', 'unlabel')]),
  };
}
