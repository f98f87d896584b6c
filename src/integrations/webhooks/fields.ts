/**
 * The fields that payloads are made of. What a decision hangs on is strict: with a wrong type or an odd name the delivery
 * is refused. What is only shown is lenient: what makes no sense there counts as not said.
 */
import { z } from 'zod';

const longestName = 255;
const longestText = 4_000;
const longestUrl = 2_000;
const mostNames = 100;

/** Control characters, line ends, marks that turn the direction of writing, and half characters. */
const confusing = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;

/** Text that can be stored and shown: no NUL, no half characters, and no more of it than anybody reads. */
export function storable(text: string, most = longestText): string {
  // Nearly all of it is, and need not be copied.
  if (text.length <= most && !text.includes('\0') && text.isWellFormed()) return text;
  const whole = text
    .slice(0, most + 1)
    .toWellFormed()
    .replaceAll('\0', '\uFFFD');
  if (whole.length <= most) return whole;
  const cut = whole.slice(0, most);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** A name on one line that looks like what it is. */
export const name = z
  .string()
  .min(1)
  .max(longestName)
  .refine(text => !confusing.test(text), 'has characters that no name may have');

/** A full reference such as `refs/heads/main`. */
export const ref = z
  .string()
  .min(1)
  .max('refs/heads/'.length + longestName)
  .refine(text => !confusing.test(text), 'has characters that no name may have');

/** `owner/name`; with GitLab there may be groups in between. */
export const repoName = name.regex(/^[^/]+(?:\/[^/]+)+$/);

export const sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** What is not there yet, or no longer. */
export const isZero = (commit: string): boolean => /^0+$/.test(commit);

/** A commit that may be missing, be it as an empty text. */
export const someSha = sha.or(z.literal('').transform(() => null)).nullish();

/** The number that people see. As a text, or too large to be exact, it is none. */
export const number = z.int().positive();

/** An id to compare with others; null when it cannot be compared. */
export const numericId = z.int().nullish().catch(null);

export const isTrue = z.boolean().nullish().catch(null);

export const text = z
  .string()
  .transform(value => storable(value))
  .nullish()
  .catch(null);

/** The whole of a comment that may be missing; bounded when it is read. */
export const comment = z.string().nullish();

/** A text of one line that is only shown. */
export const title = z
  .string()
  .transform(value => storable(value, longestName).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' '))
  .nullish()
  .catch(null);

export const url = z
  .string()
  .max(longestUrl)
  .regex(/^https?:\/\/[^\s\p{Cc}\p{Cs}]+$/u)
  .nullish()
  .catch(null);

/** What happened, in the sender's word. */
export const action = z.string().regex(/^[a-z_]{1,64}$/);

/** No longer than anybody needs. */
export const bounded = <T>(list: readonly T[] | null | undefined): T[] => (list ?? []).slice(0, mostNames);
