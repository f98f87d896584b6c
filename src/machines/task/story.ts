/**
 * What an entry of a task's log tells people: what has happened, in words. The names of events and states are the machine's;
 * here they are left to it.
 */
import { formatAmount } from '../../domain/budget.ts';
import { formatDuration } from '../../domain/duration.ts';
import { totalTokens } from '../../domain/usage.ts';
import type { VerdictWord } from '../../domain/verdict.ts';
import type { AgentRunOutput } from '../agent-run-context.ts';
import { failureIn } from '../failure.ts';
import { gateChild, verdictIn } from './context.ts';
import { firstLine, shorten } from './text.ts';

/** An entry of the log, as far as it is told. */
export interface ToldEntry {
  type: string;
  /** Its fields; the type may be left out of them. */
  event: object;
  from: string;
  to: string;
  outcome: string;
  /** Why it changed nothing. */
  reason: string | null;
  /** What its machine says of the state to which it came; null where it stayed. */
  headline: string | null;
}

const longestSaid = 300;

/** In words; null for what moves a task from one moment to the next and is worth no line. */
export function storyOf(entry: ToldEntry): string | null {
  const { type, outcome, reason, headline } = entry;
  const what = happened(entry);
  if (outcome !== 'applied') {
    const why = reason === null ? '' : ` (${reason})`;
    return `${what ?? nameOf(type)}: ${outcome === 'rejected' ? 'rejected' : 'changed nothing'}${why}`;
  }
  if (what === null || headline === null) return what ?? headline;
  return `${what.replace(/[.;]$/, '')}; ${headline}`;
}

/** The person or token that has done it; null for what happened by itself. */
export const doerIn = ({ by }: { by?: unknown }): string | null => (typeof by === 'string' && by !== '' ? by : null);

/** What a verdict is called: of a gate that passes, fails, or has none. */
const verdictWords: Readonly<Record<VerdictWord, string>> = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'gave no verdict',
};

/** A verdict in a line, with the first line of why where it is no pass. */
function verdictLine({ gate, verdict, detail }: { gate: string; verdict: VerdictWord; detail: string }): string {
  return `gate ${gate} ${verdictWords[verdict]}${verdict === 'pass' ? '' : said(firstLine(detail))}`;
}

function happened({ type, event, to }: ToldEntry): string | null {
  const verdict = verdictIn({ ...event, type });
  if (verdict !== undefined) return verdictLine(verdict);
  if (Object.hasOwn(byPeople, type)) return byPeople[type]!(event as Words, to);
  if (Object.hasOwn(byOthers, type)) return byOthers[type]!(event as Words);
  const done = /^xstate\.done\.actor\.(.+)$/.exec(type)?.[1];
  if (done !== undefined) return reported(done, (event as { output?: unknown }).output);
  const broken = /^xstate\.error\.actor\.(.+)$/.exec(type)?.[1];
  if (broken !== undefined) return `${workOf(broken)} could not be done${said(firstLine(failureIn(event)))}`;
  return null;
}

type Words = Record<string, unknown>;

const wordIn = (event: Words, key: string) => (typeof event[key] === 'string' ? (event[key] as string) : '');
const because = (event: Words) => said(wordIn(event, 'reason'));

/** What people do. */
const byPeople: Readonly<Record<string, (event: Words, to: string) => string>> = {
  'task.approve': event => `approved${because(event)}`,
  'task.reject': event => `sent back${because(event)}`,
  'task.answer': event => `answered${said(wordIn(event, 'text'))}`,
  'task.retry': event => `let it try again${because(event)}`,
  'task.pause': event => `paused it${because(event)}`,
  'task.resume': event => `resumed it${because(event)}`,
  'task.cancel': event => `cancelled it${because(event)}`,
  'task.fail': event => `gave it up${because(event)}`,
  'task.move': event => `moved it to ${wordIn(event, 'stage')}${because(event)}`,
  'work.described': () => 'changed what is wanted',
};

/** What others report of the world outside. */
const byOthers: Readonly<Record<string, (event: Words) => string | null>> = {
  'ci.pending': event => `CI runs for ${shortSha(event)}`,
  'ci.succeeded': event => `CI passed for ${shortSha(event)}`,
  'ci.failed': event => `CI failed for ${shortSha(event)}`,
  'review.approved': event => `pull request ${numberOf(event)} was approved`,
  'review.changesRequested': event => `changes were requested in pull request ${numberOf(event)}`,
  'review.commented': event => `pull request ${numberOf(event)} was commented on`,
  'review.dismissed': event => `a review of pull request ${numberOf(event)} was dismissed`,
  'pullRequest.merged': event => `pull request ${numberOf(event)} was merged`,
  'pullRequest.closed': event => `pull request ${numberOf(event)} was closed`,
  'pullRequest.reopened': event => `pull request ${numberOf(event)} was opened again`,
  'pullRequest.updated': event => `pull request ${numberOf(event)} has new commits`,
  'gate.waits': event => `gate ${wordIn(event, 'gate')} waits${said(wordIn(event, 'why'))}`,
};

const shortSha = (event: Words) => wordIn(event, 'sha').slice(0, 9);
const numberOf = ({ number }: Words) => `#${number}`;

/** What an actor of the task reports: of those that have nothing to say, nothing. */
function reported(actor: string, output: unknown): string | null {
  const { result, commit = '', detail = '', why = '' } = (output ?? {}) as Record<string, string | undefined>;
  if (result === 'away') return `${workOf(actor)} waits${said(why)}`;
  if (result === 'refused') return `${workOf(actor)} was refused${said(firstLine(detail))}`;
  if (result === 'conflict') return `the branch conflicts with its target${said(firstLine(detail))}`;
  if (result === 'merged') return `merged as ${commit.slice(0, 9)}`;
  if (result === 'moved') return 'the target has moved meanwhile';
  if (actor === 'publish') return publishedIn(output as { questions?: string | null; objection?: string | null });
  if (actor === 'push') return pushedIn(output as { pullRequest?: { number: number } | null });
  if (actor === 'baseline') return baselineIn(output as { reports?: Judged[] });
  if (isRun(output)) return runIn(actor, output);
  return null;
}

interface Judged {
  gate: string;
  verdict: VerdictWord;
  detail: string;
}

function publishedIn({ questions = null, objection = null }: { questions?: string | null; objection?: string | null }) {
  if (objection !== null) return `the agent objects${said(objection)}`;
  return questions === null ? null : `the agent asks${said(questions)}`;
}

const pushedIn = ({ pullRequest = null }: { pullRequest?: { number: number } | null }) =>
  pullRequest === null ? null : `pushed to pull request #${pullRequest.number}`;

function baselineIn({ reports = [] }: { reports?: Judged[] }): string | null {
  const others = reports.filter(({ verdict }) => verdict !== 'pass');
  if (others.length === 0) return null;
  return others.map(report => `before any change, ${verdictLine(report)}`).join('; ');
}

const isRun = (output: unknown): output is AgentRunOutput =>
  typeof output === 'object' && output !== null && 'outcome' in output && 'attempts' in output;

function runIn(stage: string, { outcome, reason, attempts, workedMs, usage }: AgentRunOutput): string {
  const tokens = totalTokens(usage);
  const used = [
    formatDuration(workedMs),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(tokens > 0 ? [formatAmount('tokens', tokens)] : []),
    ...(usage.costUsd === null ? [] : [formatAmount('moneyUsd', usage.costUsd)]),
  ].join(', ');
  const how = outcome === 'succeeded' ? 'finished' : `ended without finishing (${reason})`;
  return `the agent of ${stage} ${how}, after ${used}`;
}

/** What an actor of a task does, as people call it. */
const works: Readonly<Record<string, string>> = {
  prepare: 'making the worktree ready',
  baseline: 'judging the target',
  publish: 'committing the work',
  push: 'pushing the work',
  update: 'taking up what the target has',
  merge: 'merging',
  blockers: 'looking at what has to be done before',
};

function workOf(actor: string): string {
  if (actor.startsWith(gateChild(''))) return `judging gate ${actor.slice(gateChild('').length)}`;
  return works[actor] ?? `the work of ${actor}`;
}

/** An event that has no words, by its own name without what says only how it came. */
const nameOf = (type: string) => type.replace(/^xstate\.(?:done|error)\.actor\./, '').replace(/^xstate\./, '');

/** What was said, in one line. */
function said(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  if (line === '') return '';
  return `: ${shorten(line, longestSaid)}`;
}
