/**
 * How GitLab proves who it is: with a shared token in a header, or with signatures after the Standard Webhooks
 * specification, over id, time and body. A secret that begins with `whsec_` signs and is never taken as a token.
 */
import type { Checked, RawDelivery } from '../webhook.ts';
import { good, refuse } from './checked.ts';
import { headerOf, isSent } from './headers.ts';
import { isSame, malformed, oneOf, unsigned, wrong } from './signature.ts';
import { isSigning, signatureOf } from './standard.ts';

/** Checks the signature when there is one and we have a secret for it, else the token. */
export function checkGitlab(delivery: RawDelivery, secrets: readonly string[], now: number): Checked<true> {
  const signingSecrets = secrets.filter(isSigning);
  if (signingSecrets.length > 0 && isSent(delivery.headers, 'webhook-signature'))
    return checkSigned(delivery, signingSecrets, now);
  return checkToken(
    headerOf(delivery.headers, 'x-gitlab-token'),
    secrets.filter(secret => !isSigning(secret)),
  );
}

function checkToken(token: string | null, secrets: readonly string[]): Checked<true> {
  if (token === null) return unsigned;
  // Node reads headers as Latin-1; what has other characters was not read by it.
  if (/[^\0-\xFF]/.test(token)) return malformed;
  return oneOf(secrets, secret => isSame(Buffer.from(token, 'latin1'), Buffer.from(secret, 'utf8')))
    ? good(true)
    : wrong;
}

const furthestMs = 5 * 60_000;

/** Without dots: a dot in the id would let the same signature stand for another id, time and body. */
const idForm = /^[A-Za-z0-9_-]{1,128}$/;
const timeForm = /^\d{1,12}$/;
const signatureForm = /^v1,([A-Za-z0-9+/]{43}=)$/;
/** One of any version. What is otherwise may be two headers in one. */
const anyForm = /^v\d+[a-z]*,[A-Za-z0-9+/_=-]+$/;
const mostSignatures = 10;

function checkSigned({ headers, body }: RawDelivery, secrets: readonly string[], now: number): Checked<true> {
  const id = headerOf(headers, 'webhook-id');
  const time = headerOf(headers, 'webhook-timestamp');
  const given = headerOf(headers, 'webhook-signature');
  if (given === null || id === null || time === null) return unsigned;
  if (!idForm.test(id) || !timeForm.test(time)) return malformed;
  if (Math.abs(now - Number(time) * 1_000) > furthestMs)
    return refuse(401, 'The delivery was signed more than five minutes ago, or the clocks differ by more than that.');
  // Signatures of other versions may stand beside ours.
  const signatures = given.split(' ');
  const ours = signatures.flatMap(signature => signatureForm.exec(signature)?.[1] ?? []);
  const isWellFormed = signatures.length <= mostSignatures && signatures.every(signature => anyForm.test(signature));
  if (!isWellFormed || ours.length === 0) return malformed;
  const isGood = oneOf(secrets, secret => {
    const expected = signatureOf(secret, { id, time, body });
    return expected !== null && ours.filter(signature => isSame(signature, expected)).length > 0;
  });
  return isGood ? good(true) : wrong;
}
