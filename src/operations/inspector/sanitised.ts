/**
 * What may leave for a page that is not ours. Nobody can say what a text holds that people, agents and programs have
 * written, so texts stay here unless they stand under a name for words, ids and hashes of our own.
 */
import type { Json } from '../../domain/json.ts';

/** Names of fields whose texts are words of ours, names from the configuration, ids or hashes. */
const told = new Set(
  (
    'type kind name id taskId runId actorId parentId probeRunId child holder waiting ' +
    'project pipeline stage role agent provider model workItem target gate ' +
    'status cause stopCause class outcome code result verdict conclusion access beginning driver signal to ' +
    'base head codeTree commit fingerprint'
  ).split(' '),
);

/** Names of fields of which not even the shape is told. */
const hidden = new Set(
  'body prompt env set args program run hooks mounts token secret password authorization'.split(' '),
);

const longestText = 200;
const mostElements = 20;
const mostFields = 50;
const deepest = 8;
const namePattern = /^[\w.:-]{1,64}$/;

/** The same with every text covered that is not known to be harmless, and with what is long or deep cut short. */
export function sanitised(value: Json | undefined, name = '', depth = 0): Json {
  if (hidden.has(name)) return '[hidden]';
  if (typeof value === 'string') return isTold(name, value) ? value : `[${value.length} characters]`;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth === deepest) return '[more]';
  if (Array.isArray(value)) {
    const elements = value.slice(0, mostElements).map(element => sanitised(element, name, depth + 1));
    return value.length > mostElements ? [...elements, `[${value.length - mostElements} more]`] : elements;
  }
  const fields = Object.entries(value)
    .slice(0, mostFields)
    .map(([key, field]): [string, Json] => [namePattern.test(key) ? key : '[name]', sanitised(field, key, depth + 1)]);
  return Object.fromEntries(fields);
}

const isTold = (name: string, text: string) => text === '' || (told.has(name) && text.length <= longestText);
