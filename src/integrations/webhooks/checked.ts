/** How a check ends: with what was looked for, or with the answer that a delivery gets instead. */
import type { Checked, Refused } from '../webhook.ts';

export const good = <T>(value: T): Checked<T> => ({ ok: true, value });

export const refuse = (status: Refused['status'], why: string): { ok: false; refused: Refused } => ({
  ok: false,
  refused: { status, why },
});
