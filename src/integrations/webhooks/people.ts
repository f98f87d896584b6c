/** Who did something: a person, a program, or one of our own accounts. */
import { z } from 'zod';
import { isProgramName } from '../program.ts';
import type { OwnAccounts } from '../webhook.ts';
import { name, numericId, title } from './fields.ts';

export interface Account {
  login: string;
  id?: number | string | null | undefined;
  type?: string | null | undefined;
}

/** An account of Gitea, Forgejo or GitHub. */
export const account = z.object({ login: name, id: numericId, type: title });

/** The account of the workflows, and the one that stands for accounts which are gone. */
const giteaPrograms = [-2, -1];

/** Whether a program acted, as far as its forge tells. */
export const isProgram = ({ login, id, type }: Account): boolean =>
  type === 'Bot' || isProgramName(login) || (typeof id === 'number' && giteaPrograms.includes(id));

/** Whether it is one of our own accounts. An id decides only where it is exact. */
export function isOwn({ login, id }: Account, own: OwnAccounts): boolean {
  if (own.logins.some(ours => ours.toLowerCase() === login.toLowerCase())) return true;
  return (
    id !== null && id !== undefined && own.ids.some(ours => String(ours).toLowerCase() === String(id).toLowerCase())
  );
}

export const isSamePerson = (one: Account, other: Account): boolean =>
  one.login.toLowerCase() === other.login.toLowerCase() ||
  (typeof one.id === 'number' && one.id > 0 && one.id === other.id);

/** What a reading says about those who acted: an echo of ours, or the word of a program. */
export function echo(own: OwnAccounts, ...accounts: readonly (Account | null | undefined)[]) {
  const known = accounts.filter(found => found !== null && found !== undefined);
  const isBot = known.some(isProgram);
  return { own_account: isBot || known.some(found => isOwn(found, own)), bot: isBot };
}
