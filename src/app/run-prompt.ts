/** The prompt that an attempt of a run was given, as it is kept with the run. */
import { inside, promptIn, readPlain } from '../actors/paths.ts';
import { attemptId } from '../machines/agent-run-context.ts';
import type { DataPaths } from './data-directory.ts';

/** Bytes that are read, at the most: an agent without a sandbox can write what it likes there. */
const mostBytes = 4_000_000;

/** Undefined where there is none: it was not written yet, or is gone. */
export function promptOf({ runsDir }: Pick<DataPaths, 'runsDir'>, runId: string, attempt: number): string | undefined {
  const directory = inside(runsDir, attemptId(runId, attempt));
  return readPlain(promptIn(directory), mostBytes)?.toString('utf8');
}
