/** Signatures after the Standard Webhooks specification: over id, time and body, with a key that is written `whsec_…`. */
import { createHmac } from 'node:crypto';

const signing = 'whsec_';

/** Whether a secret is one to sign with, by how it is written. */
export const isSigning = (secret: string): boolean => secret.startsWith(signing);

export interface Signed {
  id: string;
  /** Seconds since the epoch. */
  time: string;
  body: string | Buffer;
}

const keyForm = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/;

/** The signature in base64, without its version; null when the secret has no key in it. */
export function signatureOf(secret: string, { id, time, body }: Signed): string | null {
  const written = secret.slice(signing.length);
  if (!isSigning(secret) || written === '' || !keyForm.test(written)) return null;
  const key = Buffer.from(written, 'base64');
  return createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
}
