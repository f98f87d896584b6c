/**
 * Signatures, compared so that the time it takes tells nothing. The form is checked first: Node reads bad hex silently as
 * less hex. A secret that is empty is no secret, and without one nothing is good.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Checked } from '../webhook.ts';
import { good, refuse } from './checked.ts';

/** Whether two texts are the same, whatever their lengths. */
export function isSame(one: string | Buffer, other: string | Buffer): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Whether one of the secrets passes. All of them are tried, so that the time does not tell which one it was. */
export function oneOf(secrets: readonly string[], passes: (secret: string) => boolean): boolean {
  return secrets.filter(secret => secret !== '').filter(passes).length > 0;
}

/** 64 hex digits in lower case: every sender writes them so, and one way of writing is enough. */
const hex = /^[0-9a-f]{64}$/;

/** Checks an HMAC-SHA256 in hex, made over `signed` with one of the secrets. `given` is null when there is none. */
export function checkHex(given: string | null, signed: string | Buffer, secrets: readonly string[]): Checked<true> {
  const form = checkForm(given);
  if (!form.ok) return form;
  const isGood = oneOf(secrets, secret =>
    isSame(createHmac('sha256', secret).update(signed).digest('hex'), form.value),
  );
  return isGood ? good(true) : wrong;
}

/** Whether there is a signature at all, written as they are: costs nothing, and comes before what does. */
export function checkForm(given: string | null): Checked<string> {
  if (given === null) return unsigned;
  return hex.test(given) ? good(given) : malformed;
}

export const unsigned = refuse(401, 'The delivery is not signed.');
export const malformed = refuse(401, 'The signature has not the form that this sender uses.');
export const wrong = refuse(401, 'The signature is not made with the secret of this hook, or not over this body.');
