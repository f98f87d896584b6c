/** What can be said of an issue in a word: in the front matter of its body by a key, and by a label with the same name. */
import { parseDuration } from '../../domain/duration.ts';
import { parseCount } from '../../domain/size.ts';
import {
  type Difficulty,
  difficulties,
  longestEstimateMs,
  mostContextTokens,
  type Understanding,
} from '../../domain/understanding.ts';

export type Fields = Partial<
  Pick<Understanding, 'contextTokens' | 'difficulty' | 'agent' | 'priority' | 'pipeline' | 'estimateMs'>
>;

export interface Key {
  /** Null for what cannot be read; no field at all for a word that says nothing, such as `none`. */
  read(text: string): Fields | null;
  /** What it takes, for people. */
  takes: string;
}

/** By `plainKey`. */
const keys: Readonly<Record<string, Key>> = {
  agent: { read: readAs('agent', nameIn), takes: 'the name of an agent' },
  pipeline: { read: readAs('pipeline', nameIn), takes: 'the name of a pipeline' },
  difficulty: { read: readAs('difficulty', difficultyIn), takes: 'easy, medium or hard' },
  complexity: { read: readAs('difficulty', difficultyIn), takes: 'easy, medium or hard' },
  size: { read: readAs('difficulty', sizeIn), takes: 'XS, S, M, L or XL' },
  priority: { read: readAs('priority', priorityIn), takes: '1 to 10, P0 to P5, or urgent, high, medium or low' },
  prio: { read: readAs('priority', priorityIn), takes: '1 to 10, P0 to P5, or urgent, high, medium or low' },
  context: { read: readAs('contextTokens', tokensIn), takes: 'a number of tokens such as 80k' },
  contexttokens: { read: readAs('contextTokens', tokensIn), takes: 'a number of tokens such as 80k' },
  contextsize: { read: readAs('contextTokens', tokensIn), takes: 'a number of tokens such as 80k' },
  estimatedcontext: { read: readAs('contextTokens', tokensIn), takes: 'a number of tokens such as 80k' },
  estimate: { read: estimateIn, takes: 'a duration such as 3h, or tokens such as 80k tokens' },
};

/** `blockedBy`, `blocked_by`, `blocked-by` and `Blocked by` are one key. */
export const plainKey = (written: string): string => written.toLowerCase().replace(/[\s_-]+/g, '');

/** What a key reads; undefined when it is none. */
export const keyNamed = (plain: string): Key | undefined => (Object.hasOwn(keys, plain) ? keys[plain] : undefined);

const unsaid = /^(?:none|no|null|unset|unknown|нет|-|—|\?)?$/i;

/** A longer text is none of these values. */
const longestValue = 100;

function readAs<Name extends keyof Fields>(field: Name, parse: (text: string) => Fields[Name] | undefined) {
  return (text: string): Fields | null => {
    const word = text.trim();
    if (unsaid.test(word)) return {};
    const value = word.length > longestValue ? undefined : parse(word);
    return value === undefined ? null : { [field]: value };
  };
}

function nameIn(text: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : undefined;
}

function difficultyIn(text: string): Difficulty | undefined {
  const word = text.toLowerCase();
  const other: Readonly<Record<string, Difficulty>> = {
    ...{ trivial: 'easy', simple: 'easy', low: 'easy', normal: 'medium', moderate: 'medium' },
    ...{ high: 'hard', difficult: 'hard', complex: 'hard' },
    ...{ лёгкая: 'easy', легкая: 'easy', низкая: 'easy', средняя: 'medium', высокая: 'hard', сложная: 'hard' },
  };
  return difficulties.find(difficulty => difficulty === word) ?? (Object.hasOwn(other, word) ? other[word] : undefined);
}

function sizeIn(text: string): Difficulty | undefined {
  const size = text.toUpperCase();
  if (/^(?:XXS|XS|S|SMALL)$/.test(size)) return 'easy';
  if (/^(?:M|MEDIUM)$/.test(size)) return 'medium';
  return /^(?:L|LARGE|XL|XXL)$/.test(size) ? 'hard' : undefined;
}

/** P0 is the most urgent that there is, and P5 the least. */
const byLevel = [1, 2, 4, 6, 8, 10];

function priorityIn(text: string): number | undefined {
  const word = text.toLowerCase();
  const level = /^p([0-5])$/.exec(word)?.[1];
  if (level !== undefined) return byLevel[Number(level)];
  const number = /^\d{1,2}$/.test(word) ? Number(word) : 0;
  if (number >= 1 && number <= 10) return number;
  if (/^(?:urgent|critical|highest|blocker|срочный|критический)$/.test(word)) return 1;
  if (/^(?:high|major|высокий)$/.test(word)) return 3;
  if (/^(?:medium|normal|средний)$/.test(word)) return 5;
  if (/^(?:low|minor|низкий)$/.test(word)) return 8;
  return /^(?:lowest|trivial)$/.test(word) ? 10 : undefined;
}

function tokensIn(text: string): number | undefined {
  const amount = text.replace(/\s*tokens?$/i, '').replace(/(?<=\d)[_ ](?=\d{3})/g, '');
  const count = parseCount(amount.replace(/K$/, 'k').replace(/m$/, 'M'));
  return count !== undefined && count > 0 && count <= mostContextTokens ? count : undefined;
}

/** Time, or room where it says so: `30m` are minutes, and what has no unit may be either. */
function estimateIn(text: string): Fields | null {
  if (/k$|tokens?$/i.test(text.trim())) return readAs('contextTokens', tokensIn)(text);
  return readAs('estimateMs', durationIn)(text);
}

function durationIn(text: string): number | undefined {
  const short = text
    .toLowerCase()
    .replace(/\s+/g, '')
    .replace(/(?<=\d)(?:hours?|hrs?|ч)/g, 'h')
    .replace(/(?<=\d)(?:minutes?|mins?|мин)/g, 'm')
    .replace(/(?<=\d)(?:days?|дн?)/g, 'd');
  const duration = parseDuration(short);
  return duration !== undefined && duration > 0 && duration <= longestEstimateMs ? duration : undefined;
}
