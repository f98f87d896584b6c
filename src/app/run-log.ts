/** The log of a run: what its attempts have printed, one after another, and what the last one goes on to print. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentKind } from '../domain/agent-spec.ts';
import { watchDirectory } from '../host/watch-directory.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { type AgentRunContext, attemptId } from '../machines/agent-run-context.ts';
import type { ActorRow } from '../persistence/store.ts';
import { createChanges } from '../runtime/changes.ts';
import { createLogReader } from './agent-log.ts';
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
  { follow, raw, after, signal }: ReadLogs,
): AsyncGenerator<LogPiece[]> {
  const changes = createChanges([signal]);
  const end = runtime.onChange(changes.hear);
  let log: AttemptLog | undefined;
  try {
    for (let attempt = after?.attempt ?? 1; !signal.aborted; ) {
      changes.see();
      // Asked first: what is written between the two is read in the next round.
      const row = await runtime.actor(runId);
      // One that has ended may be removed while it is read.
      if (row === undefined) return;
      const { attempt: newest, agent } = contextOf<AgentRunContext>(row);
      const directory = join(paths.runsDir, attemptId(row.id, attempt));
      if (log === undefined && existsSync(directory)) {
        const from = after?.attempt === attempt ? after : { attempt, output: 0, error: 0 };
        log = attemptLog(directory, from, { kind: raw ? null : agent.kind, onChange: follow ? changes.hear : null });
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
  /** Told when there may be more; null where nobody waits for it. */
  onChange: (() => void) | null;
}

/** The output of one attempt, standard error after the output. */
function attemptLog(directory: string, from: LogPlace, { kind, onChange }: AttemptOptions): AttemptLog {
  const place = { ...from };
  const watcher = onChange && watchDirectory(directory, onChange);
  const files = (['output', 'error'] as const).map(name => {
    const path = join(directory, `${name}.log`);
    if (kind === null) return { name, file: rawFile(path, from[name]) };
    const isEvents = name === 'output' && agentClis[kind].isStructured;
    const reader = isEvents ? createLogReader(kind) : (line: string) => [line];
    return { name, file: readableFile(path, from[name], { read: reader, isEvents }) };
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
    async *finish(isOver) {
      for (const { name, file } of files) yield* placed(name, file.finish(isOver));
    },
    close() {
      watcher?.close();
      for (const { file } of files) file.close();
    },
  };
}
