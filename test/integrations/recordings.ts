/** The recorded runs of the real programs, and how to feed them to a reader. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { z } from 'zod';
import type { ExitRecord } from '../../src/domain/outcome.ts';
import type { AgentReader, PriceTable } from '../../src/integrations/agent-cli.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { builtInPrices } from '../../src/integrations/prices.ts';

const folder = new URL('../fixtures/transcripts/', import.meta.url);

const Row = z.object({
  cli: z.enum(['claude', 'codex', 'gemini', 'opencode']),
  mode: z.string(),
  exitCode: z.number().nullable(),
  exitSignal: z.string().nullable(),
  outcome: z.enum(['completed', 'completed-without-commit', 'completed-but-denied', 'failed', 'interrupted']),
  class: z.enum(['transient', 'quota', 'auth', 'context', 'permanent']).optional(),
  resetAtEpoch: z.number().optional(),
  retryAfterSeconds: z.number().optional(),
  killedByRecorder: z.boolean().default(false),
});
export type Recording = z.infer<typeof Row>;

export const recordings = Row.array().parse(JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')));

export function recording(cli: Recording['cli'], mode: string): Recording {
  return recordings.find(row => row.cli === cli && row.mode === mode)!;
}

export function linesOf({ cli, mode }: Recording, stream: 'stdout.jsonl' | 'stderr.txt'): string[] {
  const lines = readFileSync(new URL(`${cli}/${mode}.${stream}`, folder), 'utf8').split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** The exit as the shim hands it on: 128 + n is the death by a signal that ends programs, other codes are codes. */
export function exitOf({ exitCode, exitSignal }: Recording): ExitRecord {
  const deadly = (['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP'] as const).find(
    name => exitCode === 128 + constants.signals[name],
  );
  return deadly === undefined ? { code: exitCode, signal: exitSignal } : { code: null, signal: deadly };
}

/** A reader that has read all of a recording. */
export function read(row: Recording, prices: PriceTable = builtInPrices, model: string | null = null): AgentReader {
  const reader = agentClis[row.cli].createReader(prices, model);
  for (const line of linesOf(row, 'stdout.jsonl')) reader.output(line);
  for (const line of linesOf(row, 'stderr.txt')) reader.error(line);
  return reader;
}
