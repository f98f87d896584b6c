/**
 * The body of a delivery: which content it may have, its text, and the JSON in it. Nothing is unpacked, nothing is
 * repaired, and nothing is parsed that is nested too deep to be walked afterwards.
 */
import type { JsonObject } from '../../domain/json.ts';
import { isDeeperThan } from '../../domain/json-text.ts';
import type { Checked, RawDelivery, Signed } from '../webhook.ts';
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

/** What `verify` answers of the text of a body whose signature is good. */
export const signedAs = (text: Checked<string>): Checked<Signed> => (text.ok ? good({ text: text.value }) : text);

/**
 * The JSON text in the one field `payload` of a form. Gitea signs that and not the form, so this runs before anybody knows who
 * has sent it: its time grows with the body alone, and nothing is made for each of its signs.
 */
export function formPayload(body: Buffer): Checked<string> {
  const text = textOf(withSpaces(body));
  if (!text.ok) return text;
  const names = /(?:^|&)payload(?=[=&]|$)/g;
  const first = names.exec(text.value);
  if (first === null || names.exec(text.value) !== null)
    return refuse(400, 'The form has to have the field payload, once.');
  const start = first.index + first[0].length + 1;
  const end = text.value.indexOf('&', start - 1);
  try {
    return good(decodeURIComponent(text.value.slice(start, end === -1 ? undefined : end)));
  } catch {
    return refuse(400, 'The field payload of the form is not encoded text in UTF-8.');
  }
}

/** A form writes `+` for a space. Among bytes: a text of millions of them would take seconds to replace. */
function withSpaces(form: Buffer): Buffer {
  const spaced = Buffer.from(form);
  for (let at = 0; at < spaced.length; at++) if (spaced[at] === 0x2b) spaced[at] = 0x20;
  return spaced;
}

/** A name that sets the prototype of whoever copies it carelessly, written out or with any of its letters escaped. */
const prototypeName = /__proto__|\\u00(?:5f|7[024]|6f)/i;

/** Much faster than to have each value pass through a function while it is parsed. */
function dropPrototypes(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) dropPrototypes(item);
    return;
  }
  // Parsed, it is a property of its own, not the prototype.
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
  for (const name in value) dropPrototypes((value as Record<string, unknown>)[name]);
}

/** Parses one JSON object. Of a name that stands twice the last value counts, and `__proto__` is left out. */
export function parseObject(text: string): Checked<JsonObject> {
  if (isDeeperThan(deepest, text)) return refuse(400, `The body is nested deeper than ${deepest} times.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (prototypeName.test(text)) dropPrototypes(value);
  } catch {
    return refuse(400, 'The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(400, 'The body has to be one JSON object.');
  return good(value as JsonObject);
}
