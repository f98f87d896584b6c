/** Which items of a tracker are for agents. Pure: whoever wants to know why an item was left alone is told the rule. */
import { isSameName } from './names.ts';

export interface Pick {
  /** Items with one of these labels. Empty: any, in this and the others. */
  labels: string[];
  /** In one of these states, by name; `@unstarted` means those of a group. */
  states: string[];
  /** Assigned to one of these logins; `me` is our own account. */
  assignees: string[];
  /** Made by one of these logins. */
  authors: string[];
}

/** What the rules look at. */
export interface Pickable {
  labels: readonly string[];
  state: { name: string; group: string };
  assignees: readonly Names[];
  author: Names | null;
  isGone: boolean;
}

/** By what somebody may be named. */
export interface Names {
  id: string;
  login: string;
  email: string | null;
}

/** Where nothing is said: what is assigned to us. */
export const usualPick: Pick = { labels: [], states: [], assignees: ['me'], authors: [] };

/** Whether somebody is meant by a name. */
export const isNamed = (name: string, { id, login, email }: Names): boolean =>
  isSameName(name, login) || isSameName(name, id) || (email !== null && isSameName(name, email));

/** Why an item is left alone; null when it is for agents. `us` is our own account there. */
export function whyNotPicked(pick: Pick, item: Pickable, us: Names): string | null {
  if (item.isGone) return 'it is archived or gone';
  if (item.state.group === 'completed' || item.state.group === 'cancelled') return `it is ${item.state.name} already`;
  const { labels, states, assignees, authors } = pick;
  const isMeant = (name: string, person: Names) => isNamed(name, person) || (name === 'me' && isNamed(us.id, person));
  if (labels.length > 0 && !labels.some(label => item.labels.some(own => isSameName(own, label)))) {
    return `it has none of the labels ${labels.join(', ')}`;
  }
  if (
    states.length > 0 &&
    !states.some(state => isSameName(state, item.state.name) || state === `@${item.state.group}`)
  ) {
    return `it is in the state ${item.state.name}, not in ${states.join(' or ')}`;
  }
  if (assignees.length > 0 && !assignees.some(name => item.assignees.some(person => isMeant(name, person)))) {
    return `it is not assigned to ${assignees.map(name => (name === 'me' ? 'our account' : name)).join(' or ')}`;
  }
  if (authors.length > 0 && !authors.some(name => item.author !== null && isMeant(name, item.author))) {
    return `it was not made by ${authors.join(' or ')}`;
  }
  return null;
}
