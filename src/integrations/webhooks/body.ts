/**
 * The body of a delivery: which content it may have, its text, and the JSON in it. Nothing is unpacked, nothing is
 * repaired, and nothing is parsed that is nested too deep to be walked afterwards.
 */
import type { JsonObject } from '../../domain/json.ts';
import { isDeeperThan } from '../../domain/json-text.ts';
import type { Checked, RawDelivery } from '../webhook.ts';
import { good, refuse } from './checked.ts';
import { headerOf, isSent } from './headers.ts';

/** How the JSON lies in the body. */
export type Content = 'json' | 'form';

/** The descriptions of work items nest their lists; nobody nests deeper than this. */
const deepest = 128;

const contents: ReadonlyMap<string, Content> = new Map([
  ['application/json', 'json'],
  ['application/x-www-form-urlencoded', 'form'],
]);

/** What the body is by its headers; 415 when it is packed, or of another type than `taken`. */
export function contentOf({ headers }: RawDelivery, taken: readonly Content[]): Checked<Content> {
  const encoding = headerOf(headers, 'content-encoding');
  if (
    isSent(headers, 'content-encoding') &&
    encoding?.toLowerCase() !== 'identity' &&
    headers['content-encoding'] !== ''
  )
    return refuse(415, 'The body is packed; send it as it is.');
  const [type = '', ...parameters] = (headerOf(headers, 'content-type') ?? '').toLowerCase().split(';');
  const content = contents.get(type.trim());
  const isUtf8 = parameters.every(
    parameter => !/^\s*charset\s*=/.test(parameter) || /=\s*"?utf-?8"?\s*$/.test(parameter),
  );
  if (content === undefined || !taken.includes(content) || !isUtf8)
    return refuse(415, `The body has to be ${taken.includes('form') ? 'JSON or a form' : 'JSON'}, in UTF-8.`);
  return good(content);
}

/** The text of the body; 400 when it is not UTF-8. */
export function textOf(body: Buffer): Checked<string> {
  try {
    // A byte order mark stays, and is no JSON.
    return good(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return refuse(400, 'The body is not text in UTF-8.');
  }
}

/** The JSON text in the one field `payload` of a form. */
export function formPayload(body: Buffer): Checked<string> {
  const text = textOf(body);
  if (!text.ok) return text;
  const fields = text.value.split('&').filter(field => field === 'payload' || field.startsWith('payload='));
  const [field] = fields;
  if (field === undefined || fields.length > 1) return refuse(400, 'The form has to have the field payload, once.');
  try {
    return good(decodeURIComponent(field.slice('payload='.length).replaceAll('+', ' ')));
  } catch {
    return refuse(400, 'The field payload of the form is not encoded text in UTF-8.');
  }
}

/** A name that sets the prototype of whoever copies it carelessly, written out or with any of its letters escaped. */
const prototypeName = /__proto__|\\u00(?:5f|7[024]|6f)/i;

/** Parses one JSON object. Of a name that stands twice the last value counts, and `__proto__` is left out. */
export function parseObject(text: string): Checked<JsonObject> {
  if (isDeeperThan(deepest, text)) return refuse(400, `The body is nested deeper than ${deepest} times.`);
  let value: unknown;
  try {
    value = prototypeName.test(text)
      ? JSON.parse(text, (name, inner: unknown) => (name === '__proto__' ? undefined : inner))
      : JSON.parse(text);
  } catch {
    return refuse(400, 'The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(400, 'The body has to be one JSON object.');
  return good(value as JsonObject);
}
