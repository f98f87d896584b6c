/** The headers of a delivery: one value under one name, or none that counts. */
import type { RawDelivery } from '../webhook.ts';

type Headers = RawDelivery['headers'];

/** The value of a header; null when it is missing, empty, or there twice: of two values none is the right one. */
export function headerOf(headers: Headers, name: string): string | null {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const single = Array.isArray(value) ? (value.length === 1 ? value[0] : undefined) : value;
  return typeof single === 'string' && single !== '' ? single : null;
}

/** Whether a header was sent at all, be it empty or twice. */
export const isSent = (headers: Headers, name: string): boolean =>
  Object.hasOwn(headers, name) && headers[name] !== undefined;

const eventName = /^[A-Za-z][A-Za-z0-9_. -]{0,99}$/;

/** What the first of these headers that says anything names; null when none does, or when that is no name of an event. */
export function eventIn(headers: Headers, names: readonly string[]): string | null {
  const first = names.find(name => isSent(headers, name) && headers[name] !== '');
  const value = first === undefined ? null : headerOf(headers, first);
  return value !== null && eventName.test(value) ? value : null;
}
