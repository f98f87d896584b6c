/** Accounts of forges as people. */
import { isProgramName } from '../../program.ts';
import type { Person } from '../../tracker.ts';

export interface Account {
  id: number;
  login: string;
  email?: string | null | undefined;
  isProgram?: boolean;
}

/** An address that forwards to nobody, by which forges keep the real one to themselves. */
const keptBack = /@(?:[\w-]+\.)*noreply\./i;

/** Somebody; null where the account is gone, for which all forges have one named `ghost`. */
export function personOf(account: Account | null | undefined): Person | null {
  if (!account || account.login.toLowerCase() === 'ghost') return null;
  const { id, login, email, isProgram = false } = account;
  return {
    id: String(id),
    login,
    email: email && !keptBack.test(email) ? email : null,
    isProgram: isProgram || isProgramName(login),
  };
}

/** Those who are still there. */
export const peopleOf = (accounts: readonly (Account | null | undefined)[]): Person[] =>
  accounts.map(personOf).filter(person => person !== null);
