/**
 * The contract of everybody who sends webhooks: what is checked before anything is parsed, what a delivery is called,
 * what it says, and which events that is for our machines. Pure: no I/O, no clock but the one given.
 */
import type { OutsideEvent, Reading } from '../domain/reading.ts';

/** A delivery as it came in. Header names are in lower case. */
export interface RawDelivery {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** Why a delivery is not even read. `status` is the HTTP status of the answer. */
export interface Refused {
  status: 400 | 401 | 413 | 415 | 422;
  /** A sentence for people, without anything of the delivery in it that could be a secret. */
  why: string;
}

export type Checked<T> = { ok: true; value: T } | { ok: false; refused: Refused };

/** A delivery whose signature is good. */
export interface Signed {
  /** The JSON text: the body, or the field `payload` of a form. */
  text: string;
}

/** A delivery that was parsed. */
export interface Parsed {
  /** What the sender calls it, or a hash of the body where he gives no usable id: letters, digits and `.-_`. */
  deliveryId: string;
  /** What is the same for every repetition of the same news, whatever its id: a hash over event and body. */
  meaning: string;
  /** The sender's own name for what happened, such as `pull_request_review_approved`. */
  event: string;
  payload: unknown;
}

/** Who we are on the other side: what these accounts do is our own echo. */
export interface OwnAccounts {
  logins: readonly string[];
  ids: readonly (number | string)[];
}

export interface WebhookProvider {
  readonly kind: 'gitea' | 'github' | 'gitlab' | 'plane';
  /** Checks the signature in constant time, before anything is parsed. One secret, or two while one is being changed. */
  verify(delivery: RawDelivery, secrets: readonly string[], now: number): Checked<Signed>;
  /** Names the delivery and parses it. */
  parse(delivery: RawDelivery, signed: Signed): Checked<Parsed>;
  /** What it says. Never throws; what makes no sense is refused with 422, what is of no interest reads as `ignored`. */
  read(parsed: Parsed, own: OwnAccounts): Checked<Reading>;
}

/** The events that a reading is for machines; none when it is of no interest. */
export type EventsOf = (reading: Reading) => OutsideEvent[];
