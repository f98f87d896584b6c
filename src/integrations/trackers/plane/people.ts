/** Who somebody is, and what he may do. */
import { askOnce } from '../../../domain/ask-once.ts';
import { OutsideError } from '../../outside.ts';
import { isProgramName } from '../../program.ts';
import type { Person, Tracker } from '../../tracker.ts';
import { memberAnswer, type PersonAnswer, personAnswer } from './answers.ts';
import type { PlaneApi } from './api.ts';

/** Guests have 5, members 15, administrators 20. */
const memberRole = 15;

export interface People extends Pick<Tracker, 'account' | 'mayWrite'> {
  /** Whom an answer names: by the whole of him, or by his id. */
  named(project: string, who: string | PersonAnswer): Promise<Person>;
}

const personOf = ({ id, display_name: login, email }: PersonAnswer): Person => ({
  id,
  login: login || id,
  email: email || null,
  isProgram: isProgramName(login ?? ''),
});

/** The account of a member, which is named beside him or is the member itself. */
const accountIn = ({ member, id }: { member?: string | PersonAnswer | null | undefined; id: string }): string =>
  typeof member === 'string' ? member : (member?.id ?? id);

export function createPeople(api: PlaneApi): People {
  const known = new Map<string, Person>();

  const members = (path: string) => api.list(`${path}/members/`, memberAnswer);

  return {
    // A token belongs to one account for ever.
    account: askOnce(async () => personOf(await api.http.get('/v1/users/me/', personAnswer))),
    async named(project, who) {
      if (typeof who !== 'string') return personOf(who);
      if (!known.has(who)) {
        // Somebody who has left is not among them: he stays known by his id.
        known.set(who, personOf({ id: who }));
        for (const member of await members(api.project(project))) {
          const id = accountIn(member);
          const told = typeof member.member === 'object' && member.member !== null ? member.member : member;
          known.set(id, personOf({ ...told, id }));
        }
      }
      return known.get(who)!;
    },
    async mayWrite(project, { id }) {
      const inProject = (await members(api.project(project))).find(member => accountIn(member) === id);
      if (inProject === undefined) return false;
      if (typeof inProject.role === 'number') return inProject.role >= memberRole;
      // The community edition tells roles of the workspace only. Nobody has a higher one in a project.
      const inWorkspace = (await members(api.workspace)).find(member => accountIn(member) === id);
      return (inWorkspace?.role ?? 0) >= memberRole;
    },
  };
}

/** No such item, in the words of every verb that needs one. */
export const noItem = (name: string, id: string) =>
  new OutsideError('notFound', `${name} has no item ${id}, or does not show it.`, { status: 404 });
