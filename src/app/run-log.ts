/** The log of a run: what its attempts have printed, one after another, and what the last one goes on to print. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentKind } from '../domain/agent-spec.ts';
import { lastLines, lineFrom } from '../host/line-places.ts';
import { placeSince } from '../host/log-times.ts';
import { watchDirectory } from '../host/watch-directory.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { type AgentRunContext, attemptId } from '../machines/agent-run-context.ts';
import type { ActorRow } from '../persistence/store.ts';
import { createChanges } from '../runtime/changes.ts';
import { createLogReader, plainLines } from './agent-log.ts';
import { contextOf } from './context.ts';
import type { DataPaths } from './data-directory.ts';
import { type FilePiece, type GrowingLog, rawFile, readableFile } from './growing-log.ts';
import type { App } from './open.ts';

export interface ReadLogs {
  /** Goes on as output comes, until the run has ended. */
  follow: boolean;
  /** As it was printed, in base64; otherwise readable lines. */
  raw: boolean;
  /** Only what comes behind this place. */
  after: LogPlace | undefined;
  /** Only the last lines of the newest attempt: of its output, and of its standard error. */
  tail?: number | undefined;
  /** Only what was printed since then, epoch milliseconds. */
  since?: number | undefined;
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

/** Whether the log of a run reaches as far as a place. */
export function isInLog({ runsDir }: DataPaths, row: ActorRow, { attempt, output, error }: LogPlace): boolean {
  const newest = Math.max(contextOf<AgentRunContext>(row).attempt, 1);
  const directory = join(runsDir, attemptId(row.id, attempt));
  const isWithin = (file: string, place: number) =>
    place <= (statSync(join(directory, file), { throwIfNoEntry: false })?.size ?? 0);
  return attempt <= newest && isWithin('output.log', output) && isWithin('error.log', error);
}

/** What a run has printed, in pieces, and what it goes on to print. One attempt after another, each to its end. */
export async function* readLogs(
  { runtime, paths }: Pick<App, 'runtime' | 'paths'>,
  runId: string,
  { follow, raw, after, tail, since, signal }: ReadLogs,
): AsyncGenerator<LogPiece[]> {
  const changes = createChanges([signal]);
  const end = runtime.onChange(changes.hear);
  let log: AttemptLog | undefined;
  try {
    const first = tail === undefined ? 1 : await newestAttempt({ runtime, paths }, runId);
    for (let attempt = after?.attempt ?? first; !signal.aborted; ) {
      changes.see();
      // Asked first: what is written between the two is read in the next round.
      const row = await runtime.actor(runId);
      // One that has ended may be removed while it is read.
      if (row === undefined) return;
      const { attempt: newest, agent } = contextOf<AgentRunContext>(row);
      const directory = join(paths.runsDir, attemptId(row.id, attempt));
      if (log === undefined && existsSync(directory)) {
        const kind = raw ? null : agent.kind;
        const from = after?.attempt === attempt ? after : { attempt, output: 0, error: 0 };
        const ends = after === undefined ? await endsOf(directory, kind, { tail, since }) : undefined;
        log = attemptLog(directory, from, { kind, ends, onChange: follow ? changes.hear : null });
      }
      const isOver = attempt < newest || row.status !== 'active';
      if (isOver || !follow) {
        if (log !== undefined) yield* log.finish(isOver);
        log?.close();
        log = undefined;
        if (attempt >= newest) return;
        attempt += 1;
      } else {
        if (log !== undefined) yield* log.read();
        await changes.next();
      }
    }
  } finally {
    end();
    changes.forget();
    log?.close();
  }
}

type AttemptLog = GrowingLog<LogPiece>;

interface AttemptOptions {
  /** What reads the lines; null for what was printed as it is. */
  kind: AgentKind | null;
  /** Where to begin instead, in each of its files. */
  ends: Record<LogName, LogEnd> | undefined;
  /** Told when there may be more; null where nobody waits for it. */
  onChange: (() => void) | null;
}

const logNames = ['output', 'error'] as const;
type LogName = (typeof logNames)[number];

/** The end of a file: where to begin to read, at the beginning of a line, and behind which place to tell, in bytes. */
interface LogEnd {
  begin: number;
  from: number;
}

/** Of a run that has begun: the newest attempt that has printed something. */
async function newestAttempt({ runtime, paths }: Pick<App, 'runtime' | 'paths'>, runId: string): Promise<number> {
  const row = await runtime.actor(runId);
  const { attempt = 1 } = row === undefined ? {} : contextOf<AgentRunContext>(row);
  return existsSync(join(paths.runsDir, attemptId(runId, attempt))) ? attempt : Math.max(1, attempt - 1);
}

/** How many lines of events one line for people may take, at first. */
const eventsPerLine = 4;

/** Where the last lines of an attempt begin. Of a long log only its end is read. */
async function endsOf(
  directory: string,
  kind: AgentKind | null,
  { tail, since }: Pick<ReadLogs, 'tail' | 'since'>,
): Promise<Record<LogName, LogEnd> | undefined> {
  if (tail === undefined && since === undefined) return undefined;
  const endIn = async (name: LogName): Promise<LogEnd> => {
    const last = tail === undefined ? { begin: 0, from: 0 } : await endOf(directory, name, kind, tail);
    const file = join(directory, `${name}.log`);
    if (since === undefined || !existsSync(file)) return last;
    const first = lineFrom(file, placeSince(file, since));
    return first > last.from ? { begin: first, from: first } : last;
  };
  const [output, error] = await Promise.all(logNames.map(endIn));
  return { output: output!, error: error! };
}

async function endOf(directory: string, name: LogName, kind: AgentKind | null, tail: number): Promise<LogEnd> {
  const file = join(directory, `${name}.log`);
  if (kind === null || !isEventLog(name, kind)) {
    const begin = lastLines(file, tail);
    return { begin, from: begin };
  }
  for (let lines = tail * eventsPerLine, before = Number.POSITIVE_INFINITY; ; lines *= 8) {
    const begin = lastLines(file, lines);
    const log = readableFile(file, begin, { ...createLogReader(kind), isEvents: true }, begin);
    const places: number[] = [];
    for await (const pieces of log.finish(false)) places.push(...pieces.map(({ end }) => end));
    log.close();
    if (places.length > tail) return { begin, from: places.at(-tail - 1)! };
    if (places.length === tail || begin === before) return { begin, from: begin };
    before = begin;
  }
}

const isEventLog = (name: LogName, kind: AgentKind): boolean => name === 'output' && agentClis[kind].isStructured;

export interface OpenLog extends Pick<ReadLogs, 'tail' | 'since'> {
  kind: AgentKind;
  /** Bytes of its output and of its standard error, to go on from. */
  from: Pick<LogPlace, LogName> | undefined;
  /** Told when there may be more; null where nobody waits for it. */
  onChange: (() => void) | null;
}

/** What a process has printed that runs, or ran, in a directory. */
export async function openLog(
  directory: string,
  { kind, tail, since, from, onChange }: OpenLog,
): Promise<GrowingLog<LogPiece>> {
  const ends = from === undefined ? await endsOf(directory, kind, { tail, since }) : undefined;
  return attemptLog(directory, { attempt: 1, output: 0, error: 0, ...from }, { kind, ends, onChange });
}

/** The output of one attempt, standard error after the output. */
function attemptLog(directory: string, given: LogPlace, { kind, ends, onChange }: AttemptOptions): AttemptLog {
  const from = ends === undefined ? given : { ...given, output: ends.output.from, error: ends.error.from };
  const place = { ...from };
  const watcher = onChange && watchDirectory(directory, onChange);
  const files = logNames.map(name => {
    const path = join(directory, `${name}.log`);
    if (kind === null) return { name, file: rawFile(path, from[name]) };
    const isEvents = isEventLog(name, kind);
    const reader = isEvents ? createLogReader(kind) : plainLines;
    return { name, file: readableFile(path, from[name], { ...reader, isEvents }, ends?.[name].begin) };
  });
  async function* placed(name: LogName, batches: AsyncGenerator<FilePiece[]>): AsyncGenerator<LogPiece[]> {
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
    async *finish(isOver) {
      for (const { name, file } of files) yield* placed(name, file.finish(isOver));
    },
    close() {
      watcher?.close();
      for (const { file } of files) file.close();
    },
  };
}
