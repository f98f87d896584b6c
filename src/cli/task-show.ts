/** A task for a person at a terminal. */
import type { OutputOf } from '../client/signalbox.ts';
import { formatAmount } from '../domain/budget.ts';
import { commandFor } from '../domain/command-line.ts';
import { formatDuration } from '../domain/duration.ts';
import { goOn, whyOf } from './attended.ts';
import { clockTime, colors, dayTime, harmless, print } from './output.ts';

type Task = OutputOf<'task.list'>['items'][number];
type TaskInFull = OutputOf<'task.show'>;
type Move = Task['moves'][number];
export type Happening = OutputOf<'task.events'>['items'][number];

/** What to type for each move that is usual here, and what it does. */
export function usualMoves({ id, moves, waits }: Task, hint: string): { command: string; does: string }[] {
  const remedy = waits?.remedy;
  if (remedy?.operation !== undefined) {
    return [{ command: commandFor(remedy.operation, remedy.input ?? {}, hint), does: remedy.say }];
  }
  const typed = ({ event, fields }: Move) =>
    commandFor(event, { taskId: id, ...Object.fromEntries(fields.map(({ name }) => [name, undefined])) }, hint);
  return moves.filter(({ isUsual }) => isUsual).map(move => ({ command: typed(move), does: move.does }));
}

/** An entry of a task's log in a line: when, who, what. */
export function happeningLine({ at, by, words, outcome }: Happening): string {
  const who = by === null ? '' : `${harmless(by)} `;
  const line = `${colors.dim(dayTime(at))}  ${who}${harmless(words ?? '')}`;
  return outcome === 'applied' ? line : colors.dim(line);
}

/** `isStill`: nobody works on the data. */
export function showTask(task: TaskInFull, { hint, isStill }: { hint: string; isStill: boolean }): void {
  print(colors.bold(harmless(`${task.id}: ${task.title}`)));
  const attempts = Object.entries(task.attempts).map(([stage, count]) => `${stage} ${count}`);
  const facts: [string, string][] = [
    ['state', task.state],
    ['why', whyOf(task, isStill)],
    ...(task.deadline === null ? [] : [['until', deadlineOf(task.deadline)] as [string, string]]),
    ['project', `${task.project} (${task.repository})`],
    ['branch', `${task.branch} → ${task.target}`],
    ...(task.forge === null ? [] : [['forge', `${task.forge.repository} at ${task.forge.name}`] as [string, string]]),
    ...(task.forge?.pullRequest == null
      ? []
      : [['pull', `#${task.forge.pullRequest.number} ${task.forge.pullRequest.url}`] as [string, string]]),
    ...(task.source === null
      ? []
      : [['item', `${task.source.key} of ${task.source.tracker} ${task.source.url ?? ''}`.trim()] as [string, string]]),
    ...(task.forkedFrom === null
      ? []
      : [['fork', `of ${task.forkedFrom.taskId} as it was at ${task.forkedFrom.seq}`] as [string, string]]),
    ...(task.forks.length === 0 ? [] : [['forks', task.forks.join(', ')] as [string, string]]),
    ...(task.blockedBy.length === 0 ? [] : [['blocked', `by ${task.blockedBy.join(', ')}`] as [string, string]]),
    ['attempts', attempts.join(', ') || 'none yet'],
    ['worked', `${formatDuration(task.spent.timeMs)} in ${task.spent.sessions} processes`],
    ['used', usageOf(task)],
  ];
  for (const [name, value] of facts) print(`  ${name.padEnd(9)} ${harmless(value)}`);
  for (const verdict of Object.values(task.verdicts)) {
    print(`  gate      ${verdict.gate}: ${verdict.verdict} (${verdict.by}, ${clockTime(verdict.at)})`);
    for (const concern of verdict.concerns ?? [])
      print(`            ${harmless(`changes how it is judged: ${concern}`)}`);
  }
  if (task.questions !== null) {
    for (const line of task.questions.trim().split('\n')) print(`  asks      ${harmless(line)}`);
  }
  for (const { stage, text } of task.noticed) print(`  noticed   ${harmless(`${stage}: ${text}`)}`);
  for (const run of task.runs) {
    print(`  run       ${run.agentId}: ${run.status}${run.error ? `, ${harmless(run.error)}` : ''}`);
  }
  if (isStill) print(`  next      ${goOn(task, hint)}   ${colors.dim('works on it, here in the foreground')}`);
  for (const { command, does } of usualMoves(task, hint)) print(`  next      ${command}   ${colors.dim(does)}`);
}

const deadlineOf = ({ at, means }: NonNullable<Task['deadline']>) => `${dayTime(at)}; then ${means}`;

/** Tokens and money in a line. */
function usageOf({ spent, usage }: Task): string {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, costUsd } = usage;
  if (spent.tokens === 0) return 'no tokens reported';
  const kinds = [
    `${inputTokens.toLocaleString('en-US')} in`,
    `${cachedInputTokens.toLocaleString('en-US')} cached`,
    `${cacheWriteTokens.toLocaleString('en-US')} written to the cache`,
    `${outputTokens.toLocaleString('en-US')} out`,
  ];
  const cost = costUsd === null ? '' : `, ${formatAmount('moneyUsd', costUsd)}`;
  return `${formatAmount('tokens', spent.tokens)} (${kinds.join(', ')})${cost}`;
}
