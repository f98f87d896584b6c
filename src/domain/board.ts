/**
 * The two tables between a tracker and a task: which change of an item is which event, and what an item shows of a task. A
 * person who moves a card and the machine never fight: what a person did is heard once, what the machine decides is shown once.
 */
import { isSameName } from './names.ts';

/** What somebody may order of a task at a tracker or in a chat. */
export const verbs = ['approve', 'reject', 'answer', 'retry', 'pause', 'resume', 'cancel'] as const;
export type Verb = (typeof verbs)[number];

/** Something that a person did to an item, or under it. */
export interface Change {
  on: 'state' | 'label' | 'unlabel' | 'assigned' | 'unassigned' | 'reaction';
  /** The name of the state or label, the login of the assignee; `approve` or `reject` of a reaction. */
  value: string;
  /** Of a state its group, where the tracker tells. */
  group?: string | undefined;
}

export interface HearRule {
  on: Change['on'];
  /** Null means any. `@completed` means the states of a group. */
  value: string | null;
  /** Null: it means nothing, whatever the rules below say. */
  does: Verb | null;
}

/** What an item shows. `@started` means the first state of a group. */
export interface ShowRule {
  state: string | null;
  label: string | null;
}

export interface Board {
  hear: HearRule[];
  /** By standing or stage. */
  show: Record<string, ShowRule>;
}

/** What holds where a project says nothing else. */
export const usualBoard: Board = {
  hear: [
    { on: 'reaction', value: 'approve', does: 'approve' },
    { on: 'state', value: '@cancelled', does: 'cancel' },
    { on: 'state', value: '@completed', does: 'cancel' },
  ],
  show: {
    working: { state: '@started', label: null },
    done: { state: '@completed', label: null },
    cancelled: { state: '@cancelled', label: null },
  },
};

/** What a change orders; null when it orders nothing. The first rule that fits counts. */
export function verbOf({ hear }: Board, { on, value, group }: Change): Verb | null {
  const fits = (rule: HearRule) =>
    rule.on === on &&
    (rule.value === null || isSameName(rule.value, value) || (group !== undefined && rule.value === `@${group}`));
  return hear.find(fits)?.does ?? null;
}

/** Where a card stands, or can stand. */
export interface CardState {
  name: string;
  group: string;
}

/** Whether a card is where a rule wants it: in the state of that name, or in one of that group. */
export const isIn = (wanted: string, { name, group }: CardState): boolean =>
  wanted === `@${group}` || wanted.toLowerCase() === name.toLowerCase();

/** The name of the state that a rule wants: of a group the first. Undefined where there is none of that group. */
export const stateNamed = (wanted: string, states: readonly CardState[]): string | undefined =>
  wanted.startsWith('@') ? states.find(({ group }) => `@${group}` === wanted)?.name : wanted;

/** What an item of a task is to look like. */
export interface Look {
  state: string | null;
  addLabels: string[];
  removeLabels: string[];
}

/**
 * While it works the stage says more than the standing. What waits for a person is still under way, unless a rule of its own
 * says otherwise.
 */
export function lookOf({ show }: Board, { standing, stage }: { standing: string; stage: string }): Look {
  const own = (name: string) => (Object.hasOwn(show, name) ? show[name] : undefined);
  const underWay = own(stage) ?? own('working');
  const rule = standing === 'working' ? underWay : own(standing);
  const isUnderWay = standing === 'person' || standing === 'blocked';
  const label = rule?.label ?? null;
  const others = Object.values(show).flatMap(({ label: other }) => (other === null ? [] : [other]));
  return {
    state: rule?.state ?? (isUnderWay ? (underWay?.state ?? null) : null),
    addLabels: label === null ? [] : [label],
    removeLabels: [...new Set(others)].filter(other => label === null || !isSameName(other, label)),
  };
}
