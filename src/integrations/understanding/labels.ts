/** Labels that say something of an issue: `difficulty: hard`, `size/XL`, `priority::high`, `P1`, `agent:codex`, `estimate:3h`. */
import { quote } from '../../domain/names.ts';
import { type Fields, keyNamed, plainKey } from './values.ts';

const mostLabels = 100;
const longestLabel = 200;
const pair = /^([\p{L} _-]{1,30}?)\s{0,3}(?:::|[:/=])\s{0,3}(\S.*)$/u;
const level = /^P[0-5]$/i;

/** What the labels say. Of two that say different things the first counts. */
export function readLabels(labels: readonly string[]): { fields: Fields; notes: string[] } {
  let fields: Fields = {};
  let sizes: Fields = {};
  const notes: string[] = [];
  for (const label of labels.slice(0, mostLabels)) {
    const said = readLabel(label.trim());
    if (said === undefined) continue;
    if (said.read === null) notes.push(`The label ${quote(label)} is not ${said.takes}.`);
    else if (said.isSize) sizes = { ...said.read, ...sizes };
    else {
      if (contradicts(said.read, fields))
        notes.push(`The label ${quote(label)} does not count: another says otherwise.`);
      fields = { ...said.read, ...fields };
    }
  }
  return { fields: { ...sizes, ...fields }, notes };
}

/** Undefined for a label that says nothing of this kind, as most do. */
function readLabel(label: string) {
  if (label.length > longestLabel) return undefined;
  const [, name = '', value = ''] = level.test(label) ? ['', 'priority', label] : (pair.exec(label) ?? []);
  const key = keyNamed(plainKey(name));
  return key && { read: key.read(value), takes: key.takes, isSize: plainKey(name) === 'size' };
}

const contradicts = (said: Fields, before: Fields) =>
  (Object.keys(said) as (keyof Fields)[]).some(field => before[field] !== undefined && before[field] !== said[field]);
