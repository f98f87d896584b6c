/** Programs that print text for people: their output says what they do, and the exit code says how it ended. */
import { type AgentEnd, type ExitRecord, endOf } from '../../domain/outcome.ts';
import { noUsage, type Usage } from '../../domain/usage.ts';
import type { AgentReader } from '../agent-cli.ts';
import { Book } from './book.ts';
import { momentIn, type When, waitIn, whenHere } from './hints.ts';
import { recognise, type Signature } from './signatures.ts';
import { StandardError } from './standard-error.ts';

/** `usage` is what the program is known to have used, where it prints that; it gets every line. */
export function createPlainTextReader(
  signatures: readonly Signature[],
  model: string | null,
  usage?: { read(line: string): void; total(): Usage },
): AgentReader {
  const book = new Book(model);
  const standardError = new StandardError([]);
  return {
    output(line) {
      if (line.trim() === '') return;
      // What a program prints in its work is all the progress that can be seen of it.
      book.progress += 1;
      usage?.read(line);
      book.sayMore(`${line}\n`);
      book.does(line);
    },
    error(line) {
      standardError.add(line);
    },
    get session() {
      return book.session;
    },
    get progress() {
      return book.progress;
    },
    isKnocking: false,
    openTools: 0,
    get activity() {
      return book.activity;
    },
    get words() {
      return book.words;
    },
    isMidMessage: false,
    isDoomed: false,
    report: () => book.report(usage?.total() ?? noUsage),
    conclude: (exit, when = whenHere()) => conclude(signatures, standardError, exit, when),
  };
}

/** Success is what the exit code says; the gates decide what it is worth. */
function conclude(
  signatures: readonly Signature[],
  { text, first }: StandardError,
  exit: ExitRecord,
  when: When,
): AgentEnd {
  const end = endOf(exit);
  if (end.code !== 'exitCode') return end;
  const found = recognise(signatures, { stderr: text, exit: String(exit.code) });
  if (found === null) return first === '' ? end : { ...end, message: `${end.message}: ${first}` };
  const resetAt = found.end.class === 'quota' ? momentIn(found.said, when) : null;
  return { ...found.end, resetAt, retryAfterMs: found.end.class === 'transient' ? waitIn(text) : null };
}
