/** The end of what something has printed, where it tells why a task stands still, and how to read all of it. */
import type { OutputOf, Signalbox } from '../client/signalbox.ts';
import { commandFor } from '../domain/command-line.ts';
import { harmless } from './output.ts';

type Task = Pick<OutputOf<'task.list'>['items'][number], 'id' | 'standing' | 'verdicts' | 'stage'>;
type Run = OutputOf<'agent.show'>;

const shownLines = 6;

/** What to look at, and how all of it is read. */
export interface OutputEnd {
  /** Whose words these are: `gate tests`, `the agent of review`. */
  of: string;
  lines: string[];
  command: string;
}

/** The last lines of a run that has not succeeded; undefined of one that has, or has printed nothing that is kept. */
export async function endOfRun(
  client: Pick<Signalbox, 'follow'>,
  run: Run,
  hint: string,
): Promise<OutputEnd | undefined> {
  if (run.status !== 'failed' && run.status !== 'killed') return undefined;
  const lines: string[] = [];
  try {
    for await (const { text } of client.follow('agent.logs', { agentId: run.agentId, tail: shownLines }))
      lines.push(...harmless(text).split('\n'));
  } catch {
    // What it has printed is not kept for ever, and is not what was asked for.
    return undefined;
  }
  const said = lines.filter(line => line.trim() !== '').slice(-shownLines);
  if (said.length === 0) return undefined;
  const command = commandFor('agent.logs', { agentId: run.agentId }, hint);
  return { of: `the agent of ${run.stage}`, lines: said, command };
}

/** The last lines of the gates of its stage that did not pass. */
export function endsOfGates({ id, stage, verdicts }: Task, hint: string): OutputEnd[] {
  return Object.values(verdicts)
    .filter(verdict => verdict.stage === stage && verdict.verdict !== 'pass')
    .map(({ gate, detail }) => {
      const [first = '', ...rest] = harmless(detail).trim().split('\n');
      const said = rest.filter(line => line.trim() !== '').slice(-shownLines);
      const command = commandFor('task.logs', { taskId: id, gate }, hint);
      return { of: `gate ${gate}`, lines: [first, ...said], command };
    });
}

/** Why a task stands still, in the words of what made it stand still; nothing while it is on its way. */
export async function endsOf(
  client: Pick<Signalbox, 'follow'>,
  task: Task,
  runs: readonly Run[],
  hint: string,
): Promise<OutputEnd[]> {
  if (!['person', 'blocked', 'failed'].includes(task.standing)) return [];
  const newest = runs.at(-1);
  const ofRun = newest === undefined ? undefined : await endOfRun(client, newest, hint);
  return [...(ofRun === undefined ? [] : [ofRun]), ...endsOfGates(task, hint)];
}
