/** Reads a verdict from the YAML front matter of a document, and from nowhere else: its prose decides nothing. */

import { posix } from 'node:path';
import { parse } from 'yaml';
import type { GateReport } from '../../domain/verdict.ts';
import type { Gate } from '../../machines/pipeline.ts';
import type { Documents } from './documents.ts';

const longestDetail = 4_000;

export async function judgeVerdict(
  { name: gate, file, field, pass, fail }: Extract<Gate, { kind: 'verdict' }>,
  documents: Documents,
): Promise<GateReport> {
  const text = await documents.read(posix.normalize(file));
  if (text === undefined) return { gate, verdict: 'inconclusive', detail: `${file} is not there` };
  const word = frontMatter(text)?.[field];
  if (typeof word !== 'string') {
    return { gate, verdict: 'inconclusive', detail: `${file} has no "${field}" in its front matter` };
  }
  const says = `${file} says ${field}: ${word.slice(0, 80)}`;
  const detail = `${says}\n\n${text.slice(0, longestDetail)}`;
  if (pass.includes(word)) return { gate, verdict: 'pass', detail };
  if (fail.includes(word)) return { gate, verdict: 'fail', detail };
  const known = [...pass, ...fail].join(', ');
  return { gate, verdict: 'inconclusive', detail: `${says}; known are ${known}` };
}

/** An agent writes it: what takes long to understand is not read, and what is odd in it is told to nobody. */
const longestFrontMatter = 16_384;
const bounded = { maxAliasCount: 0, logLevel: 'error', prettyErrors: false } as const;

/**
 * The front matter of a Markdown file: the YAML mapping between a first line `---` and the next, within its first 16 kB. Undefined
 * where there is none.
 */
export function frontMatter(text: string): Record<string, unknown> | undefined {
  const match = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text.slice(0, longestFrontMatter));
  if (match === null) return undefined;
  try {
    const value: unknown = parse(match[1] ?? '', bounded);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
