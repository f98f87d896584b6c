/** What an agent prints, for people: the events of a structured stream as readable lines, anything else as it is. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  signal: AbortSignal;
}

/** What a run has printed, in pieces, and what it goes on to print. */
export async function* readLogs(
  { runtime, paths }: Pick<App, 'runtime' | 'paths'>,
  runId: string,
  { follow, raw, signal }: ReadLogs,
): AsyncGenerator<{ text: string }> {
  const files = new Map<string, LogFile>();
  const watchers = new Map<string, { close(): void }>();
  const changes = createChanges([signal]);
  const end = runtime.onChange(changes.hear);
  try {
    for (;;) {
      changes.see();
      // Asked first: what is written between the two is read in the next round.
      const row = (await runtime.actor(runId))!;
      for (const file of logFilesOf(paths, row)) {
        if (!files.has(file))
          files.set(file, raw ? rawFile(file) : readableFile(file, contextOf<AgentRunContext>(row).agent.kind));
        const directory = dirname(file);
        if (follow && !watchers.has(directory)) watchers.set(directory, watchDirectory(directory, changes.hear));
        yield* files.get(file)!.read();
      }
      if (!follow || row.status !== 'active' || signal.aborted) break;
      await changes.next();
    }
    for (const file of files.values()) yield* file.finish();
  } finally {
    end();
    changes.forget();
    for (const watcher of watchers.values()) watcher.close();
    for (const file of files.values()) file.close();
  }
}

/** A log file that is read as it grows. */
interface LogFile {
  read(): AsyncGenerator<{ text: string }>;
  /** What is left when nothing more comes. */
  finish(): AsyncGenerator<{ text: string }>;
  close(): void;
}

function rawFile(file: string): LogFile {
  let position = 0;
  return {
    async *read() {
      if (statSync(file).size <= position) return;
      for await (const chunk of createReadStream(file, { start: position })) {
        position += (chunk as Buffer).length;
        yield { text: (chunk as Buffer).toString('base64') };
      }
    },
    async *finish() {},
    close() {},
  };
}

function readableFile(file: string, kind: AgentKind): LogFile {
  const read = file.endsWith('error.log') ? (line: string) => [line] : createLogReader(kind);
  let lines: string[] = [];
  const tail = tailLines(file, line => lines.push(...read(line)));
  function* taken(): Generator<{ text: string }> {
    const ready = lines;
    lines = [];
    for (const text of ready) yield { text };
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
