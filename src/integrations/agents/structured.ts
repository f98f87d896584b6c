/**
 * What the readers of all programs that print events have in common: one line is one event, and the end of the process
 * is judged from its exit record, the last word of the program and the failures that it named.
 */
import { type AgentEnd, answerCutOff, type ExitRecord, endOf, type NaturalEnd } from '../../domain/outcome.ts';
import type { Usage } from '../../domain/usage.ts';
import type { AgentReader } from '../agent-cli.ts';
import type { Book } from './book.ts';
import { momentIn, type When, waitIn, whenHere } from './hints.ts';
import { limitedModelIn } from './limited-model.ts';
import { type Fields, oneLine, readLine } from './reading.ts';
import { type Evidence, recognise, type Signature } from './signatures.ts';
import { StandardError } from './standard-error.ts';

/** A failure that the program named in an event, and when to try again if it said so. */
export interface Failure {
  evidence: Evidence;
  resetAt: number | null;
  retryAfterMs: number | null;
  /** The model whose allowance is used up; null for that of the account, absent where its words have to tell. */
  limitedModel?: string | null | undefined;
}

/** One program's way of talking. */
export interface Dialect {
  /** The program for people. */
  name: string;
  signatures: readonly Signature[];
  /** Lines of standard error that say nothing, or that repeat what the agent did. */
  noise: readonly RegExp[];
  /** What a person can do when tools were denied. */
  denialRemedy: string;
  /** Takes an event in; false when its type is unknown. */
  read(event: Fields): boolean;
  /** Takes a line of standard error in, beside what is kept of it anyway. */
  readError?(line: string): void;
  usage(): Usage;
  /** Takes a line of its session file in. */
  noted?(line: string, since: number): void;
  /** The newest failure that nothing has got over yet. With no last word it is only a suspicion. */
  failure(): Failure | null;
  /** What it retries without hope. */
  doom(): Failure | null;
  /** It prints its messages in pieces, and one is not over. */
  isMidMessage?(): boolean;
  /** It was interrupted, by its own account. */
  isInterrupted?(): boolean;
  /** The model itself declined, by the reason that it stopped for. */
  isRefusal?(): boolean;
  /** Its last answer was cut off at the token limit of the model. */
  isCutOff?(): boolean;
  /** It ended without having found a way around what it was denied. */
  isDenied(): boolean;
}

const fromOutside = ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP'];
/** Exit codes whose meaning is fixed: EX_TEMPFAIL of sysexits.h, not executable, not found. */
const fixedCodes = [75, 126, 127];

export function createStructuredReader(book: Book, dialect: Dialect): AgentReader {
  const standardError = new StandardError(dialect.noise);
  return {
    output(line) {
      if (line.trim() === '') return;
      const { events, rest } = readLine(line);
      for (const event of events) {
        if (dialect.read(event)) book.events += 1;
        else book.unknownEvents += 1;
      }
      if (rest !== '') book.garbage(rest);
    },
    error(raw) {
      const line = standardError.add(raw);
      if (line !== null) dialect.readError?.(line);
    },
    noted: (line, since) => dialect.noted?.(line, since),
    get session() {
      return book.session;
    },
    get progress() {
      return book.progress;
    },
    get isKnocking() {
      return book.isKnocking;
    },
    get openTools() {
      return book.openTools;
    },
    get activity() {
      return book.activity;
    },
    get words() {
      return book.words;
    },
    get isMidMessage() {
      return dialect.isMidMessage?.() ?? false;
    },
    get isDoomed() {
      return dialect.doom() !== null;
    },
    report: () => book.report(dialect.usage()),
    conclude: (exit, when = whenHere()) => conclude(book, dialect, standardError, { exit, when }),
  };
}

/** How a process ended, and when. */
interface Ending {
  exit: ExitRecord;
  when: When;
}

function conclude(book: Book, dialect: Dialect, standardError: StandardError, ending: Ending): AgentEnd {
  const { exit } = ending;
  const recognised = (failure: Failure | null) => recogniseFailure(book, dialect, failure, standardError, ending);
  if (book.conclusion === 'success') {
    // A failure that was named since then takes the word back. How the process leaves does not: it may be ended from outside, stay on
    // for its children, or leave with the code of a hook or a server that has nothing to do with the work.
    if (hasLeftWell(exit)) return judgeWork(book, dialect);
    const named = dialect.failure() === null ? null : recognised(dialect.failure());
    return named ?? judgeWork(book, dialect, how(exit));
  }
  if (book.conclusion === 'failure') {
    const text = oneLine(dialect.failure()?.evidence.text || standardError.first, 300);
    return (
      recognised(dialect.failure()) ??
      end('permanent', 'failure', `${dialect.name} failed${text === '' ? '' : `: ${text}`}`)
    );
  }
  const doom = dialect.doom();
  if (doom !== null) return recognised(doom) ?? end('permanent', 'doomed', `${dialect.name} retried without hope`);
  if (exit.code === null) return endOf(exit);
  if (dialect.isInterrupted?.()) return end('interrupted', 'interrupted', 'the agent was interrupted');
  if (fixedCodes.includes(exit.code)) return endOf(exit);
  return recognised(dialect.failure()) ?? unexplained(book, dialect, standardError, exit.code);
}

const hasLeftWell = ({ code, signal }: ExitRecord) =>
  code === 0 || (code === null && (signal === null || fromOutside.includes(signal)));

/**
 * It says that it has finished: the end is good, unless the model or a missing permission kept it from the work. `yet` is how it
 * left all the same.
 */
function judgeWork(book: Book, dialect: Dialect, yet?: string): AgentEnd {
  if (dialect.isRefusal?.()) return end('refused', 'refusal', 'the model declined the work');
  if (dialect.isDenied()) {
    return end(
      'refused',
      'denied',
      `the agent finished, but was not permitted to use ${book.denials.join(', ')}; ${dialect.denialRemedy}`,
    );
  }
  if (dialect.isCutOff?.()) {
    return end('succeeded', answerCutOff, 'the last answer of the agent was cut off at the token limit of the model');
  }
  return yet === undefined
    ? end('succeeded', 'success', 'the agent finished')
    : end('succeeded', 'contradiction', `the agent finished, by its own last word, though it ${yet}`);
}

function recogniseFailure(
  book: Book,
  { signatures }: Dialect,
  failure: Failure | null,
  { text: stderr }: StandardError,
  { exit: { code }, when }: Ending,
): AgentEnd | null {
  const evidence = { ...failure?.evidence, stderr, ...(code === null ? {} : { exit: String(code) }) };
  const found = recognise(signatures, evidence);
  if (found === null) return null;
  const { end, said } = found;
  const limitedModel = end.class === 'quota' ? modelOf(failure, said, book) : null;
  const canWait = end.class === 'transient' || end.class === 'quota';
  return {
    ...end,
    ...(limitedModel !== null && { limitedModel }),
    resetAt: end.class === 'quota' ? (failure?.resetAt ?? momentIn(said, when)) : null,
    retryAfterMs: canWait ? (failure?.retryAfterMs ?? waitIn(said) ?? waitIn(stderr)) : null,
  };
}

const modelOf = (failure: Failure | null, said: string, { model }: Book): string | null =>
  failure?.limitedModel === undefined ? limitedModelIn(said, model) : failure.limitedModel;

/** It left without a last word, and nothing that it said is known as a failure. */
function unexplained(book: Book, { name }: Dialect, { first }: StandardError, code: number): AgentEnd {
  const said = first || book.firstGarbage;
  const words = said === '' ? '' : `: ${said}`;
  return code === 0
    ? end('permanent', 'noResult', `${name} exited with code 0 but never said that it had finished${words}`)
    : end('permanent', 'exitCode', `${name} failed with exit code ${code}${words || ' and did not say why'}`);
}

function how({ code, signal }: ExitRecord): string {
  return code === null ? `died by ${signal}` : `exited with code ${code}`;
}

function end(kind: NaturalEnd, code: string, message: string): AgentEnd {
  return { class: kind, code, message, resetAt: null, retryAfterMs: null };
}
