/**
 * A task for a person at a terminal, in the order in which somebody asks: what it is, where it stands and why, what would move
 * it, what has happened, what its gates say, what it has cost, and where the work is.
 */
import type { Client } from '../client/open.ts';
import type { OutputOf } from '../client/signalbox.ts';
import { formatAmount } from '../domain/budget.ts';
import { commandFor, quoted } from '../domain/command-line.ts';
import { formatDuration } from '../domain/duration.ts';
import { goOn, whyOf } from './attended.ts';
import { terminalColumns, wrap } from './columns.ts';
import { colors, counted, dayTime, harmless, print } from './output.ts';
import { endsOf, type OutputEnd } from './output-end.ts';
import { usedBy } from './used-by.ts';
import { deedOf } from './words.ts';

type Task = OutputOf<'task.list'>['items'][number];
type TaskInFull = OutputOf<'task.show'>;
type Run = TaskInFull['runs'][number];
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
  const line = `${colors.dim(dayTime(at))}  ${harmless(deedOf({ by, words: words ?? '' }))}`;
  return outcome === 'applied' ? line : colors.dim(line);
}

/** `isStill`: nobody works on the data. */
export interface ShowOptions {
  client: Client;
  hint: string;
  isStill: boolean;
}

const nameWidth = 10;
const shownHappenings = 5;
const shownRuns = 6;
/** Among so many last entries of the log the last words are looked for. */
const lookedThrough = 60;

/** A name, and a value that may take several lines. */
function fact(name: string, value: string): void {
  const columns = process.stdout.isTTY ? terminalColumns() - nameWidth - 2 : Number.POSITIVE_INFINITY;
  const lines = harmless(value)
    .split('\n')
    .flatMap(line => (Number.isFinite(columns) ? wrap(line, Math.max(columns, 20)) : [line]));
  for (const [index, line] of lines.entries()) print(`  ${(index === 0 ? name : '').padEnd(nameWidth)}${line}`);
}

export async function showTask(task: TaskInFull, { client, hint, isStill }: ShowOptions): Promise<void> {
  print(colors.bold(harmless(`${task.id}: ${task.title}`)));
  for (const [name, value] of originOf(task)) fact(name, value);
  fact('state', task.state);
  fact('why', whyOf(task, isStill));
  for (const run of task.runs) if (run.status === 'running') fact('agent', runningNow(run));
  if (task.deadline !== null) fact('until', `${dayTime(task.deadline.at)}; then ${task.deadline.means}`);
  if (task.questions !== null) fact('asks', task.questions.trim());
  for (const end of await endsOf(client, task, task.runs, hint)) showEnd(end);
  if (isStill)
    print(`  ${'next'.padEnd(nameWidth)}${goOn(task, hint)}   ${colors.dim('works on it, here in the foreground')}`);
  for (const { command, does } of usualMoves(task, hint))
    print(`  ${'next'.padEnd(nameWidth)}${command}   ${colors.dim(does)}`);
  await showHappenings(task, client, hint);
  showGates(task);
  showRuns(task, hint);
  for (const [name, value] of workOf(task)) fact(name, value);
}

/** What it is, and where it came from. */
function originOf({ project, pipeline, source, forkedFrom, forks, blockedBy, priority }: Task): [string, string][] {
  const item = source === null ? [] : [`${source.key} of ${source.tracker} ${source.url ?? ''}`.trim()];
  return [
    ['project', `${project}, pipeline ${pipeline}, priority ${priority}`],
    ...item.map((value): [string, string] => ['item', value]),
    ...(forkedFrom === null
      ? []
      : [['fork', `of ${forkedFrom.taskId} as it was at ${forkedFrom.seq}`] as [string, string]]),
    ...(forks.length === 0 ? [] : [['forks', forks.join(', ')] as [string, string]]),
    ...(blockedBy.length === 0 ? [] : [['blocked', `by ${blockedBy.join(', ')}`] as [string, string]]),
  ];
}

/** Who works, since when, what it does, and what that has cost so far. */
function runningNow(run: Run): string {
  const since = run.startedAt === undefined ? '' : ` since ${dayTime(run.startedAt)}`;
  const parts = [`${run.agentId}${since}`, usedBy(run), run.activity && `last: ${run.activity}`];
  return parts.filter(part => part !== '').join('; ');
}

/** What was printed last, and how to read the rest. */
export function showEnd({ of, lines, command }: OutputEnd): void {
  fact('said', `${of}:`);
  for (const line of lines) print(`  ${''.padEnd(nameWidth)}${colors.dim('│')} ${line}`);
  print(`  ${''.padEnd(nameWidth)}${command}   ${colors.dim('all of it')}`);
}

async function showHappenings({ id, version }: Task, client: Client, hint: string): Promise<void> {
  const { items } = await client.ask('task.events', { taskId: id, after: Math.max(0, version - lookedThrough) });
  const told = items.filter(({ words }) => words !== null).slice(-shownHappenings);
  for (const [index, entry] of told.entries())
    print(`  ${(index === 0 ? 'happened' : '').padEnd(nameWidth)}${happeningLine(entry)}`);
  print(`  ${''.padEnd(nameWidth)}${commandFor('task.events', { taskId: id }, hint)}   ${colors.dim('everything')}`);
}

function showGates({ verdicts, noticed, decisions }: Task): void {
  for (const { gate, verdict, by, at, detail, concerns = [] } of Object.values(verdicts)) {
    const why = detail.trim().split('\n', 1)[0] ?? '';
    fact('gate', `${gate}: ${verdict} (${by}, ${dayTime(at)})${why === '' ? '' : `: ${why}`}`);
    for (const concern of concerns) fact('', `changes how it is judged: ${concern}`);
  }
  for (const { stage, text } of noticed) fact('noticed', `${stage}: ${text}`);
  for (const { by, stage, text } of decisions) fact('decided', `${by} in ${stage}: ${text.replaceAll(/\s+/g, ' ')}`);
}

function showRuns(task: TaskInFull, hint: string): void {
  const left = task.runs.length - shownRuns;
  if (left > 0)
    print(
      `  ${'run'.padEnd(nameWidth)}${colors.dim(`… ${left} before: ${commandFor('agent.list', { task: task.id }, hint)}`)}`,
    );
  for (const run of task.runs.slice(-shownRuns)) {
    const [begun, ended] = [run.startedAt, run.completedAt].map(at => (at === undefined ? undefined : Date.parse(at)));
    const lasted = begun === undefined || ended === undefined ? '' : formatDuration(ended - begun);
    const parts = [run.status, lasted, usedBy(run), run.error ?? ''].filter(part => part !== '');
    fact('run', `${run.agentId}: ${parts.join(', ')}`);
  }
  const { spent } = task;
  fact('used', `${formatDuration(spent.timeMs)} in ${counted(spent.sessions, 'process')}; ${usageOf(task)}`);
}

/** Where work is that is not merged, and how to look at it. */
export const whereTheWorkIs = ({ repository, branch, target }: Task): string =>
  `the work is in ${branch}: git -C ${quoted(repository)} log --stat ${quoted(target)}..${quoted(branch)}`;

/** Where the work is. */
function workOf(task: Task): [string, string][] {
  const { repository, branch, target, base, head, merged, forge } = task;
  const pull = forge?.pullRequest;
  const isEmpty = head === '' || head === base;
  const where = isEmpty ? 'nothing is committed yet' : `not merged\n${whereTheWorkIs(task)}`;
  return [
    [
      'work',
      `${branch} → ${target} of ${repository}: ${merged === null ? where : `merged as ${merged.commit.slice(0, 9)}`}`,
    ],
    ...(forge === null ? [] : [['forge', `${forge.repository} at ${forge.name}`] as [string, string]]),
    ...(pull == null ? [] : [['pull', `#${pull.number} ${pull.url}`] as [string, string]]),
  ];
}

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
