/** What an agent prints, for people: the events of a structured stream as readable lines, anything else as it is. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentKind } from '../domain/agent-spec.ts';
import { tailLines } from '../host/line-tail.ts';
import { watchDirectory } from '../host/watch-directory.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { builtInPrices } from '../integrations/prices.ts';
import { type AgentRunContext, attemptId } from '../machines/agent-run-context.ts';
import type { ActorRow } from '../persistence/store.ts';
import { createChanges } from '../runtime/changes.ts';
import { contextOf } from './context.ts';
import type { DataPaths } from './data-directory.ts';
import type { App } from './open.ts';

/** Turns lines of an agent's output into lines for people; answers nothing for events that say nothing new. */
export function createLogReader(kind: AgentKind): (line: string) => string[] {
  const cli = agentClis[kind];
  if (!cli.isStructured) return line => [line];
  const reader = cli.createReader(builtInPrices);
  let activity = '';
  let text = '';
  return line => {
    const before = reader.report();
    reader.output(line);
    const after = reader.report();
    // What is no event at all is shown as it is: it may be the reason why there are no events.
    if (after.garbageLines !== before.garbageLines) return [line];
    const shown: string[] = [];
    if (after.lastText !== text && after.lastText !== '') shown.push(after.lastText);
    else if (reader.activity !== activity && reader.activity !== '') shown.push(`· ${reader.activity}`);
    text = after.lastText;
    activity = reader.activity;
    return shown;
  };
}

/** A look is short: the line that lives is drawn often. */
const chunksPerLook = 4;

/** Follows what a running agent does, for a line that lives. */
export function followActivity(kind: AgentKind, runDir: string): { now(): string; close(): void } {
  const cli = agentClis[kind];
  const reader = cli.createReader(builtInPrices);
  let last = '';
  const tail = tailLines(join(runDir, 'output.log'), line => {
    if (cli.isStructured) reader.output(line);
    else if (line.trim() !== '') last = line;
  });
  return {
    now() {
      for (let chunk = 0; chunk < chunksPerLook && tail.read(); chunk++);
      return cli.isStructured ? reader.activity : last;
    },
    close: () => tail.close(),
  };
}

/** Log files of a run's attempts that exist, oldest first; standard error after the output of its attempt. */
export function logFilesOf({ runsDir }: DataPaths, row: ActorRow): string[] {
  const { attempt } = contextOf<AgentRunContext>(row);
  const attempts = Array.from({ length: attempt }, (_, index) => attemptId(row.id, index + 1));
  return attempts
    .flatMap(name => ['output.log', 'error.log'].map(file => join(runsDir, name, file)))
    .filter(file => existsSync(file));
}

export interface ReadLogs {
  /** Goes on as output comes, until the run has ended. */
  follow: boolean;
  /** As it was printed, in base64; otherwise readable lines. */
  raw: boolean;
  /** Only what comes behind this place. */
  after: LogPlace | undefined;
  signal: AbortSignal;
}

/** How far the output of a run has been read: whole attempts, and bytes of the two files of the one that comes then. */
export interface LogPlace {
  attempt: number;
  output: number;
  error: number;
}

/** What was printed, and the place to go on from. */
export interface LogPiece {
  text: string;
  place: LogPlace;
}

/** What a run has printed, in pieces, and what it goes on to print. */
export async function* readLogs(
  { runtime, paths }: Pick<App, 'runtime' | 'paths'>,
  runId: string,
  { follow, raw, after, signal }: ReadLogs,
): AsyncGenerator<LogPiece[]> {
  const attempts = new Map<number, AttemptLog>();
  const watchers = new Map<string, { close(): void }>();
  const changes = createChanges([signal]);
  const end = runtime.onChange(changes.hear);
  try {
    for (;;) {
      changes.see();
      // Asked first: what is written between the two is read in the next round.
      const row = (await runtime.actor(runId))!;
      const { attempt: newest, agent } = contextOf<AgentRunContext>(row);
      for (let attempt = after?.attempt ?? 1; attempt <= newest; attempt++) {
        const directory = join(paths.runsDir, attemptId(row.id, attempt));
        if (!existsSync(directory)) continue;
        const from = after?.attempt === attempt ? after : { attempt, output: 0, error: 0 };
        if (!attempts.has(attempt)) attempts.set(attempt, attemptLog(directory, from, raw ? null : agent.kind));
        if (follow && !watchers.has(directory)) watchers.set(directory, watchDirectory(directory, changes.hear));
        yield* attempts.get(attempt)!.read();
      }
      if (!follow || row.status !== 'active' || signal.aborted) break;
      await changes.next();
    }
    for (const attempt of attempts.values()) yield* attempt.finish();
  } finally {
    end();
    changes.forget();
    for (const watcher of watchers.values()) watcher.close();
    for (const attempt of attempts.values()) attempt.close();
  }
}

/** Something that is read as it grows. */
interface GrowingLog<Piece> {
  read(): AsyncGenerator<Piece[]>;
  /** What is left when nothing more comes. */
  finish(): AsyncGenerator<Piece[]>;
  close(): void;
}

type AttemptLog = GrowingLog<LogPiece>;

/** The output of one attempt, standard error after the output. Without a kind as it was printed. */
function attemptLog(directory: string, from: LogPlace, kind: AgentKind | null): AttemptLog {
  const place = { ...from };
  const files = (['output', 'error'] as const).map(name => {
    const path = join(directory, `${name}.log`);
    if (kind === null) return { name, file: rawFile(path, from[name]) };
    const reader = name === 'error' ? (line: string) => [line] : createLogReader(kind);
    return { name, file: readableFile(path, from[name], reader) };
  });
  async function* placed(name: 'output' | 'error', batches: AsyncGenerator<FilePiece[]>): AsyncGenerator<LogPiece[]> {
    for await (const pieces of batches) {
      yield pieces.map(({ text, end }) => {
        place[name] = end;
        return { text, place: { ...place } };
      });
    }
  }
  return {
    async *read() {
      for (const { name, file } of files) yield* placed(name, file.read());
    },
    async *finish() {
      for (const { name, file } of files) yield* placed(name, file.finish());
    },
    close() {
      for (const { file } of files) file.close();
    },
  };
}

/** Something of a file, and the offset in bytes behind it. */
interface FilePiece {
  text: string;
  end: number;
}

function rawFile(file: string, from: number): GrowingLog<FilePiece> {
  let position = from;
  return {
    async *read() {
      if (!existsSync(file) || statSync(file).size <= position) return;
      for await (const chunk of createReadStream(file, { start: position })) {
        position += (chunk as Buffer).length;
        yield [{ text: (chunk as Buffer).toString('base64'), end: position }];
      }
    },
    async *finish() {},
    close() {},
  };
}

/** Read from its beginning, because what a line says depends on those before it; told only from `from` on. */
function readableFile(file: string, from: number, read: (line: string) => string[]): GrowingLog<FilePiece> {
  let ready: FilePiece[] = [];
  const tail = tailLines(file, (line, end) => {
    const texts = read(line);
    // Together, so that no place lies between them.
    if (end > from && texts.length > 0) ready.push({ text: texts.join('\n'), end });
  });
  function* taken(): Generator<FilePiece[]> {
    if (ready.length === 0) return;
    const pieces = ready;
    ready = [];
    yield pieces;
  }
  return {
    async *read() {
      for (let isMore = true; isMore; ) {
        isMore = tail.read();
        yield* taken();
        if (isMore) await new Promise(resolve => setImmediate(resolve));
      }
    },
    async *finish() {
      await tail.finish();
      yield* taken();
    },
    close: () => tail.close(),
  };
}
