/** What a look at something comes to. */

/** `info`: nothing is wrong, and it is good to know. `error`: work will fail until it is fixed. */
export type CheckStatus = 'ok' | 'info' | 'warning' | 'error';

export interface Check {
  /** What was looked at: `git`, `agent opus`, `project shop`. */
  name: string;
  status: CheckStatus;
  detail: string;
  /** What to do, where something is wrong. */
  remedy?: string;
  /** What to give otherwise, where that is the remedy. */
  field?: string;
}

export type Finding = Omit<Check, 'name'>;

export const fine = (detail: string): Finding => ({ status: 'ok', detail });
export const info = (detail: string): Finding => ({ status: 'info', detail });
export const warning = (detail: string, remedy?: string): Finding => ({
  status: 'warning',
  detail,
  ...(remedy && { remedy }),
});
export const problem = (detail: string, remedy?: string): Finding => ({
  status: 'error',
  detail,
  ...(remedy && { remedy }),
});
