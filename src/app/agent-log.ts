/** What an agent prints, for people: the events of a structured stream as readable lines, anything else as it is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentKind } from '../domain/agent-spec.ts';
import { tailLines } from '../host/line-tail.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { builtInPrices } from '../integrations/prices.ts';
import { type AgentRunContext, attemptId } from '../machines/agent-run-context.ts';
import type { ActorRow } from '../persistence/store.ts';
import { contextOf } from './context.ts';
import type { DataPaths } from './data-directory.ts';
import type { LineReader } from './growing-log.ts';

/**
 * Turns lines of an agent's output into lines for people; answers nothing for events that say nothing new. A message that comes in
 * pieces is told when it is whole.
 */
export function createLogReader(kind: AgentKind): Omit<LineReader, 'isEvents'> {
  const cli = agentClis[kind];
  if (!cli.isStructured) return plainLines;
  const reader = cli.createReader(builtInPrices);
  // That it starts is no news to whoever begins to read in the middle.
  let { activity } = reader;
  let told = '';
  let half = '';
  return {
    read(line) {
      const { garbageLines } = reader.report();
      reader.output(line);
      // What is no event at all is shown as it is: it may be the reason why there are no events.
      if (reader.report().garbageLines !== garbageLines) return [line];
      const { words } = reader;
      if (reader.isMidMessage) {
        half = words;
        activity = reader.activity;
        return [];
      }
      const messages = [half, words === told ? '' : words].filter(text => text !== '');
      const shown = [...new Set(messages)];
      // What is said and what is done come in one event only where the message came before it.
      const isNewMessage = shown.length > 0 && half === '';
      if (!isNewMessage && reader.activity !== activity && reader.activity !== '') shown.push(`· ${reader.activity}`);
      [told, half, activity] = [words, '', reader.activity];
      return shown;
    },
    rest: () => (half === '' ? [] : [half]),
  };
}

/** What a program prints for people. */
export const plainLines: Omit<LineReader, 'isEvents'> = { read: line => [line], rest: () => [] };

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
