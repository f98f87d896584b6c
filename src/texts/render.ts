/**
 * What is written to people at trackers and in chats: Markdown, from templates in their language or of their own. What comes
 * from outside is put in as code, wherever a template puts it: it is no markup there, no order, and mentions nobody.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Liquid } from 'liquidjs';
import { messageOf, SignalboxError } from '../domain/errors.ts';

export const textNames = ['status', 'question', 'refused', 'heard'] as const;
export type TextName = (typeof textNames)[number];

/** Text from outside. */
export class Outside {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** One line in which nothing is markup. */
  toString(): string {
    const line = this.text.replace(/[\s`|]+/g, ' ').trim();
    return line === '' ? '' : `\`${line}\``;
  }
}

/** Text from outside, unless there is none. */
export const outside = (text: string | null): Outside | null =>
  text === null || text.trim() === '' ? null : new Outside(text);

const shipped = new URL('../../texts/', import.meta.url);
const limits = { parseLimit: 200_000, memoryLimit: 5_000_000, renderLimit: 1_000 };
const longestText = 20_000;

/** Where the texts of one language are, and those that stand before them. */
export interface Texts {
  language: 'en' | 'ru';
  /** Absolute directory of texts of one's own; null for none. */
  own: string | null;
}

/** Throws `badTemplate`, with the file, when the text cannot be made. */
export function renderText({ language, own }: Texts, name: TextName, values: Record<string, unknown>): string {
  const file = own !== null && existsSync(join(own, `${name}.md`)) ? join(own, `${name}.md`) : undefined;
  const engine = new Liquid({
    ...limits,
    ownPropertyOnly: true,
    strictFilters: true,
    relativeReference: false,
    fs: nothing,
  });
  engine.registerFilter('block', fenced);
  try {
    const template = readFileSync(file ?? new URL(`${language}/${name}.md`, shipped), 'utf8');
    return String(engine.parseAndRenderSync(template, values)).trim().slice(0, longestText);
  } catch (error) {
    const which = file ?? `texts/${language}/${name}.md`;
    throw new SignalboxError('invalid', 'badTemplate', `${which} cannot be used: ${messageOf(error)}`);
  }
}

/** Several lines as they are, fenced by more backticks than there are in them. */
function fenced(value: unknown): string {
  const text = value instanceof Outside ? value.text : String(value ?? '');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.replace(/\r\n?/g, '\n').trim()}\n${fence}`;
}

const refuse = () => {
  throw new Error('a text takes in no other file');
};

/** Templates read nothing but themselves. */
const nothing = {
  exists: async () => false,
  existsSync: () => false,
  readFile: async () => refuse(),
  readFileSync: refuse,
  resolve: (_dir: string, file: string) => file,
};
