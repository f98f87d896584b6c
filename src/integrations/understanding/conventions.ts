/**
 * Sentences that say what waits for what: `Blocked by #12, #13 and ET-4`, `Depends on acme/shop#4`, `Blocks #9`. One counts
 * where it begins a line or a sentence, so that a negation, a story of the past or a guess in front of it is none of them.
 */
import { mostReferences } from '../../domain/understanding.ts';
import { leftOut } from '../webhooks/text.ts';
import { referenceAt } from './references.ts';

export interface Dependencies {
  blockedBy: string[];
  blocks: string[];
  /** What is said not to be waited for, or no longer. */
  denied: string[];
}

const waits = [
  ...['blocked[ _-]by', 'depends[ _-]on', 'depends upon', 'dependent on'],
  ...['заблокирован[ао]?', 'блокируется', 'зависит от'],
  ...['blockiert (?:durch|von)', 'hängt ab von', 'abhängig von'],
];
const holds = ['blocks', 'блокирует', 'blockiert'];
const convention = new RegExp(
  String.raw`(?<![\p{L}\p{N}_])(?:(?<waits>${waits.join('|')})|(?:${holds.join('|')}))(?![\p{L}\p{N}_])`,
  'giu',
);

/** More than this in front of a convention is not looked at. */
const longestLead = 80;
const leading = new RegExp(
  String.raw`(?:^|[.!?:;(\u2014\u2013]|\s-)\s*(?:[-+]\s+|\d{1,9}[.)]\s+|#{1,6}\s+|\[ \]\s+)*` +
    '(?:(?:this|it|the|issue|task|ticket|is|currently|still|also|эта|этот|это|задача|dies|das|ist|wird)\\s+)*$',
  'iu',
);
/** From one convention of a sentence to the next: `… #3 and blocks #9`. */
const goingOn = /^[\s,;]*(?:(?:and|but|also|it|is|и|а|und)\s+)*$/iu;
const denying = /(?:\bnot|n['’]t|\bno longer|\bnever|(?<!\p{L})не|\bnicht(?: mehr)?)\s+(?:\p{L}{1,20}\s+){0,2}$/iu;
/** What takes back or doubts a list of items that stands in front of it. */
const revoking = /[\s,(]*(?:\?|any ?more\b|no (?:longer|more)\b|больше не(?!\p{L})|nicht mehr(?!\p{L}))/iuy;

const done = /^\s*(?:[-*+]|\d{1,9}[.)])\s+\[[xX]\]\s/;
const struckOut = /~~[^~\n]{1,500}~~/g;
/** Marks of emphasis, which stand in front of a word or behind one. */
const emphasis = /\*+|(?<![\p{L}\p{N}/])_+|_+(?![\p{L}\p{N}/])/gu;

/** What the spoken lines of a body say. Takes time in proportion to them. */
export function dependenciesIn(lines: readonly string[]): Dependencies {
  const found: Dependencies = { blockedBy: [], blocks: [], denied: [] };
  for (const line of lines) readLine(line, found);
  return found;
}

function readLine(line: string, found: Dependencies): void {
  const isDone = done.test(line);
  const said = line.replace(struckOut, leftOut).replace(emphasis, '');
  let from = 0;
  let goesOn = false;
  for (const match of said.matchAll(convention)) {
    const { references, end } = listAt(said, match.index + match[0].length);
    if (references.length === 0) continue;
    const lead = leadOf(said, from, match.index);
    const isDenied = isDone || denying.test(lead) || isRevoked(said, end);
    const counts: boolean = !isDenied && (leading.test(lead) || (goesOn && goingOn.test(lead.slice(1))));
    if (isDenied) found.denied.push(...references);
    else if (counts) (match.groups?.waits === undefined ? found.blocks : found.blockedBy).push(...references);
    goesOn = counts;
    from = end;
  }
}

/** What stands in front of a convention; behind a mark where it does not go back to the beginning of the line. */
function leadOf(said: string, from: number, index: number): string {
  const start = Math.max(from, index - longestLead);
  return start === 0 ? said.slice(0, index) : leftOut + said.slice(start, index);
}

function isRevoked(said: string, end: number): boolean {
  revoking.lastIndex = end;
  return revoking.test(said);
}

const beginning = /[\s:]*/y;
const kinds =
  'issues?|tickets?|tasks?|items?|prs?|mrs?|pull requests?|merge requests?|задач\\p{L}*|тикет\\p{L}*|aufgaben?';
const between = new RegExp(
  String.raw`[\s>]*(?:(?:[,;&+]|(?:and|or|und|oder|и|или|the)(?!\p{L}))\s*)*(?:(?:${kinds})\s+)?<?`,
  'iuy',
);
const link = /\[([^[\]\n]{1,200})\]\(([^()\s]{1,500})\)/y;

/** The references that follow one another from a place in a line, and where they end. */
function listAt(said: string, start: number): { references: string[]; end: number } {
  const references: string[] = [];
  let end = skip(beginning, said, start);
  while (references.length <= mostReferences) {
    const next = skip(between, said, end);
    const found = linkAt(said, next) ?? plainAt(said, next);
    if (found === null) break;
    references.push(found.reference);
    end = found.end;
  }
  return { references, end };
}

function skip(pattern: RegExp, said: string, index: number): number {
  pattern.lastIndex = index;
  return index + (pattern.exec(said)?.[0].length ?? 0);
}

function plainAt(said: string, index: number) {
  const reference = referenceAt(said, index);
  return reference === null ? null : { reference, end: index + reference.length };
}

/** A link means what it leads to, where that is an item, else what it is called. */
function linkAt(said: string, index: number) {
  link.lastIndex = index;
  const [written, name = '', target = ''] = link.exec(said) ?? [];
  if (written === undefined) return null;
  const reference = referenceAt(target, 0) ?? referenceAt(name, 0);
  return reference === null ? null : { reference, end: index + written.length };
}
