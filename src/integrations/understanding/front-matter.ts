/** The front matter of a body: YAML between a first line `---` and the next. It is written by anybody, so it is kept small. */
import { isMap, parseDocument } from 'yaml';
import { quote } from '../../domain/names.ts';
import { asReference, referenceAt } from './references.ts';
import { type Fields, keyNamed, plainKey } from './values.ts';

export interface FrontMatter {
  fields: Fields;
  blockedBy: string[];
  blocks: string[];
  notes: string[];
  /** The body without it; the whole of it where there is none that can be read. */
  rest: string;
}

/** Longer than any that people write; doubled keys are looked for in a time that grows with the square. */
const longestFrontMatter = 8_000;
const block = /^\s*---[ \t]*\n((?:[\s\S]*?\n)??)---[ \t]*(?:\n|$)/;

/** Reads a body whose line ends are those of `readable`. */
export function readFrontMatter(body: string): FrontMatter {
  const nothing: FrontMatter = { fields: {}, blockedBy: [], blocks: [], notes: [], rest: body };
  const [written = '', yaml] = block.exec(body) ?? [];
  if (yaml === undefined) return nothing;
  if (yaml.length > longestFrontMatter) {
    return { ...nothing, notes: [`The front matter is longer than ${longestFrontMatter} characters and is not read.`] };
  }
  const read = entriesOf(yaml);
  if ('wrong' in read) return { ...nothing, notes: [`The front matter cannot be read: ${read.wrong}.`] };
  const known = read.entries.filter(([key]) => isKnown(key));
  // Lines are drawn with `---` as well, and what is between two of them may look like a mapping.
  return known.length === 0 ? nothing : { ...fieldsOf(known), rest: body.slice(written.length) };
}

const listKeys: Readonly<Record<string, 'blockedBy' | 'blocks'>> = {
  blockedby: 'blockedBy',
  dependson: 'blockedBy',
  blocks: 'blocks',
};
const listNamed = (key: string) => (Object.hasOwn(listKeys, key) ? listKeys[key] : undefined);
const isKnown = (key: string) => keyNamed(key) !== undefined || listNamed(key) !== undefined;

type Entries = [key: string, value: unknown][];

/** No aliases, no doubled keys, no types of its own; only what is a list or a word is looked at, however deep it goes. */
function entriesOf(yaml: string): { entries: Entries } | { wrong: string } {
  try {
    const document = parseDocument(withQuotedReferences(yaml), {
      uniqueKeys: true,
      stringKeys: true,
      logLevel: 'silent',
      prettyErrors: false,
    });
    const [error] = document.errors;
    if (error) return { wrong: error.code === 'DUPLICATE_KEY' ? 'a key is there twice' : 'it is not YAML' };
    if (!isMap(document.contents)) return { entries: [] };
    const values: Map<unknown, unknown> = document.toJS({ maxAliasCount: 0, mapAsMap: true });
    return { entries: [...values].map(([key, value]) => [plainKey(String(key)), value]) };
  } catch {
    return { wrong: 'it has aliases, or is no plain YAML' };
  }
}

/** `#12` begins a comment in YAML and `!7` a type, which nobody means who writes them. */
const withQuotedReferences = (yaml: string) =>
  yaml
    .replace(
      /^([ \t]*(?:-|[\w-][\w -]{0,39}:)[ \t]+)([#!]\d.*|[^\s'"[{|>&*!#].* #\d.*)$/gm,
      (_, start: string, value: string) => `${start}'${value.replaceAll("'", "''")}'`,
    )
    .replace(/([[,][ \t]*)([#!]\d{1,9})(?=[ \t]*[\],])/g, "$1'$2'");

function fieldsOf(entries: Entries): Omit<FrontMatter, 'rest'> {
  const found: Omit<FrontMatter, 'rest'> = { fields: {}, blockedBy: [], blocks: [], notes: [] };
  for (const [name, value] of entries) {
    const list = listNamed(name);
    if (list !== undefined) {
      const { references, unread } = referencesOf(value);
      found[list].push(...references);
      found.notes.push(...unread.map(text => `${quote(text)} in the front matter names no item.`));
      continue;
    }
    const key = keyNamed(name);
    const read = key?.read(wordOf(value));
    // What is said exactly counts before what is only its size.
    if (read) found.fields = name === 'size' ? { ...read, ...found.fields } : { ...found.fields, ...read };
    else found.notes.push(`"${name}" in the front matter is not ${key?.takes}.`);
  }
  return found;
}

/** A value as it may have been written; what is neither a word nor a number is no word that anything takes. */
function wordOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '\0';
}

const mostUnread = 5;

/** The items of a list, or of a text that names several. A bare number is one of the same project. */
function referencesOf(value: unknown): { references: string[]; unread: string[] } {
  const references: string[] = [];
  const unread: string[] = [];
  for (const item of Array.isArray(value) ? value : [value]) {
    for (const word of wordOf(item).split(/[\s,;]+/)) {
      if (word === '' || /^(?:and|none|\[\]|-)$/i.test(word)) continue;
      const reference = asReference(word) ?? (/^[1-9]\d{0,8}$/.test(word) ? referenceAt(`#${word}`, 0) : null);
      if (reference !== null) references.push(reference);
      else if (unread.length < mostUnread) unread.push(word);
    }
  }
  return { references, unread };
}
