/** Who may order something of a task from outside, and what people are called here. */
import type { PersonConfig } from '../../config/schema.ts';
import type { Verb } from '../../domain/board.ts';
import { own } from '../../domain/own.ts';
import { isNamed, type Names } from '../../domain/pick.ts';
import { OutsideError } from '../../integrations/outside.ts';
import type { Person, Tracker } from '../../integrations/tracker.ts';
import type { Settings } from '../settings.ts';

/** Somebody who may, by the name that he has here; or why he may not. */
export type Allowed = { by: string } | { not: string };

interface Asked {
  project: string;
  /** The forge, tracker or chat at which it was said. */
  place: string;
  person: Names;
  verb: Verb;
  /** Whether the place itself lets this person change things; null where it knows nothing of rights, as a chat does. */
  mayWrite(): Promise<boolean> | null;
}

/** Whether a person has this account. */
function isPerson({ name, accounts }: PersonConfig, place: string, person: Names): boolean {
  // Whoever has said where he is known is known nowhere else.
  const account = own(accounts, place) ?? (Object.keys(accounts).length === 0 ? name : undefined);
  return account !== undefined && isNamed(account, person);
}

/** What proves who somebody is: at Plane and in chats everybody chooses for himself by which name he is shown. */
function proven({ trackers, chats }: Settings, place: string, { id, login, email }: Names): Names {
  if (own(chats, place) !== undefined) return { id, login: id, email: null };
  return own(trackers, place)?.kind === 'plane' ? { id, login: id, email } : { id, login, email };
}

/** Names in the configuration come first; where a project names nobody, whoever may write at the place may order. */
export async function whoMay(settings: Settings, { project, place, person, verb, mayWrite }: Asked): Promise<Allowed> {
  const people = Object.values(settings.configuration?.people ?? {});
  const named = own(settings.projects, project)?.people ?? null;
  const account = proven(settings, place, person);
  const known = people.find(candidate => isPerson(candidate, place, account));
  if (named !== null && (known === undefined || !named.includes(known.name))) {
    return { not: `${person.login} is none of those who may decide in ${project}` };
  }
  if (known !== undefined) {
    if (known.may.includes(verb)) return { by: known.name };
    return { not: `${known.name} may ${known.may.join(', ')}, and not ${verb}` };
  }
  const may = mayWrite();
  if (may === null) return { not: `nobody in \`people\` has the account ${person.login} at ${place}` };
  const isWriter = await orUntold(may);
  if (typeof isWriter === 'string') return { not: isWriter };
  return isWriter ? { by: person.login } : { not: `${person.login} may not write at ${place}` };
}

/** A place that does not tell us of rights lets nobody through: who may is then said in the configuration, which is answered. */
async function orUntold(may: Promise<boolean>): Promise<boolean | string> {
  try {
    return await may;
  } catch (error) {
    if (!(error instanceof OutsideError) || error.failure !== 'forbidden') throw error;
    return `${error.message.replace(/\.$/, '')}; name them in \`people\``;
  }
}

interface Directing {
  /** Of Signalbox, and where it lies at the tracker. */
  project: string;
  place: string;
  tracker: Tracker;
  /** Null where the account is gone. */
  person: Person | null;
}

/**
 * Why nobody may be given work by what this person writes or hands over; null where he may: he is named for the project, or may
 * write there. What is written by our own account may be the word of an agent.
 */
export async function whyMayNotDirect(
  settings: Settings,
  { project, place, tracker, person }: Directing,
): Promise<string | null> {
  if (person === null) return 'nobody knows who it is';
  if (person.id === (await tracker.account()).id) return 'it is our own account';
  const named = own(settings.projects, project)?.people ?? [];
  const account = proven(settings, tracker.name, person);
  const people = Object.values(settings.configuration?.people ?? {});
  if (people.some(({ name, ...rest }) => named.includes(name) && isPerson({ name, ...rest }, tracker.name, account)))
    return null;
  const isWriter = await orUntold(tracker.mayWrite(place, person));
  if (typeof isWriter === 'string') return isWriter;
  return isWriter ? null : `${person.login} may not write there`;
}
