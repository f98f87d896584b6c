/** `signalbox task …`: looking at tasks and moving them on. */
import type { AnswerName, OutputOf } from '../client/signalbox.ts';
import { goOn, nobodyWorks, standStill, whyOf } from './attended.ts';
import { cutTo } from './columns.ts';
import { type AnswerCommand, answers, type Shown } from './command.ts';
import { eventData } from './event-data.ts';
import { clockTime, colors, exitCodes, harmless, moreOf, note, print, printJsonLine, table } from './output.ts';
import { happeningLine, showTask } from './task-show.ts';
import { addBodyFile, workItem, workItemFlags } from './work-item.ts';

export const list = answers({
  operation: 'task.list',
  examples: [
    'signalbox task list                        # the living first, the newest first',
    'signalbox task list --waiting              # for a person, for something else, paused or blocked',
    'signalbox task list --standing person --project shop',
    'signalbox task list --state development',
    'signalbox task list --where "context.attempts.development>=2"',
  ],
  async show({ items, ...rest }, { input, client, hint }) {
    const isNarrowed = ['state', 'standing', 'waiting', 'project', 'tag', 'q', 'where'].some(name => name in input);
    if (items.length === 0) return print(isNarrowed ? 'There are no such tasks.' : 'There are no tasks.');
    const isStill = await standStill(client, items);
    if (isStill) print(nobodyWorks(hint));
    const rows = items.map(task => [task.id, task.state, cutTo(task.title, 60), whyOf(task, isStill)]);
    print(table(['TASK', 'STATE', 'TITLE', 'WHY'], rows));
    moreOf(items.length, rest);
  },
});

export const show = answers({
  operation: 'task.show',
  examples: ['signalbox task show ET-003'],
  show: async (task, { hint, client }) => showTask(task, { client, hint, isStill: await standStill(client, [task]) }),
});

export const add = answers({
  operation: 'task.add',
  description: 'make a task; whoever works on the data takes it up, or "signalbox run --id"',
  ...workItemFlags,
  extra: addBodyFile,
  input: workItem,
  examples: [
    'signalbox task add --title "Totals are wrong" --agent claude          # in the repository in which you stand',
    'signalbox task add --repo ../shop --title "Totals are wrong" --body "Two items cost as much as one."',
    'gh issue view 12 --json body --jq .body | signalbox task add --project shop --title "Totals are wrong" --body-file -',
  ],
  show: (task, shown) => showMade(task, shown),
});

async function showMade(task: OutputOf<'task.add'>, { hint, client }: Shown): Promise<void> {
  const { id } = task;
  if (await client.isWorkedOn()) return print(`${id} is taken up. Look at it with: signalbox task show ${id}${hint}`);
  print(`${id} is ready. Work on it with: ${goOn(task, hint)}`);
}

export const fork = answers({
  operation: 'task.fork',
  named: {
    at: '--at <seq>',
    agent: '--agent <name>',
    model: '--model <model>',
    title: '--title <title>',
    id: '--id <id>',
  },
  examples: [
    'signalbox task fork ET-003                         # the stage that it is in, once more, on a branch of its own',
    'signalbox task fork ET-003 --at 12 --agent codex   # as it was after entry 12 of "signalbox task events ET-003"',
    'signalbox task fork ET-003 --model opus --prompt "Leave the API as it is"',
  ],
  show: (task, shown) => showMade(task, shown),
});

type Page = OutputOf<'task.events'>;
type Entry = Page['items'][number];

export const events = answers({
  operation: 'task.events',
  description: 'what has happened to a task: when, who, what and why',
  hidden: ['limit'],
  extra: command => command.option('--raw', 'every entry of the log, by the names of its machine'),
  examples: [
    'signalbox task events ET-003',
    'signalbox task events ET-003 --raw            # events, states, and what changed nothing',
    'signalbox task events ET-003 --json | tail -1',
  ],
  json: (page, shown) => eachEntry(page, shown, printJsonLine),
  show: (page, shown) => eachEntry(page, shown, shown.options.raw ? showRawEntry : showEntry),
});

/** The whole log, page after page. */
async function eachEntry(first: Page, { client, input }: Shown, each: (entry: Entry) => void): Promise<void> {
  for (let page = first; ; ) {
    for (const entry of page.items) each(entry);
    if (page.next === null) return;
    page = await client.ask('task.events', { taskId: String(input.taskId), after: page.next });
  }
}

function showRawEntry({ seq, at, type, source, from, to, outcome, reason }: Entry): void {
  const move = from === to ? to : `${from || '∅'} → ${to}`;
  const by = type.startsWith('task.') ? `  by ${harmless(source)}` : '';
  const why = `${by}${reason === null ? '' : `  ${colors.dim(harmless(reason))}`}`;
  print(`${String(seq).padStart(4)}  ${clockTime(at)}  ${outcome.padEnd(9)}  ${type}  ${colors.dim(move)}${why}`);
}

function showEntry(entry: Entry): void {
  if (entry.words !== null) print(happeningLine(entry));
}

/** An operation that sends one event, and what became of it. */
const verb = <Name extends AnswerName & `task.${string}`>(
  operation: Name,
  more: Partial<AnswerCommand<Name>> & { examples: string[] },
) => answers({ operation, show: sayNext as never, exitCode: codeOf as never, ...more } as AnswerCommand<Name>);

type Sent = OutputOf<'task.approve'>;

const codeOf = ({ outcome }: Sent) => (outcome === 'applied' ? exitCodes.done : exitCodes.failed);

async function sayNext({ outcome, reason, task, leftOut }: Sent, { input, hint, client }: Shown): Promise<void> {
  const { id, state, why, standing } = task;
  if (leftOut.length > 0)
    note(
      `note: ${leftOut.map(harmless).join(', ')} ${leftOut.length === 1 ? 'means' : 'mean'} nothing to ${input.type} and ${leftOut.length === 1 ? 'was' : 'were'} left out`,
    );
  const now = `${state}: ${harmless(why)}.`;
  if (outcome !== 'applied') print(`That changed nothing: ${reason ?? outcome}. ${id} is ${now}`);
  else print(`${id} is now ${now}`);
  if (outcome === 'applied' && standing === 'working' && !(await client.isWorkedOn()))
    print(`Resume it with: ${goOn(task, hint)}`);
}

export const approve = verb('task.approve', { examples: ['signalbox task approve ET-003'] });
export const reject = verb('task.reject', {
  examples: ['signalbox task reject ET-003 --reason "The plan leaves out the API"'],
});
export const answer = verb('task.answer', { examples: ['signalbox task answer ET-003 --text "Euro"'] });
export const retry = verb('task.retry', { examples: ['signalbox task retry ET-003'] });
export const pause = verb('task.pause', { examples: ['signalbox task pause ET-003'] });
export const resume = verb('task.resume', { examples: ['signalbox task resume ET-003'] });
export const move = verb('task.move', {
  examples: ['signalbox task move ET-003 review'],
});
export const cancel = verb('task.cancel', {
  examples: ['signalbox task cancel ET-003'],
  show({ outcome, reason, task }: Sent) {
    if (outcome !== 'applied') return print(`That changed nothing: ${reason ?? outcome}.`);
    print(`${task.id} is ${task.state}; its branch ${task.branch} stays.`);
  },
});

export const send = verb('task.send', {
  ...eventData,
  examples: [
    'signalbox task send ET-003 task.approve',
    'signalbox task send ET-003 task.move --data \'{"stage":"review"}\'',
  ],
});

export const snapshot = answers({
  operation: 'task.snapshot',
  examples: ['signalbox task snapshot ET-003', 'signalbox task snapshot ET-003 --at 12'],
  show: value => print(JSON.stringify(value, null, 2)),
});

export const replay = answers({
  operation: 'task.replay',
  examples: ['signalbox task replay ET-003 --at 12', 'signalbox task replay ET-003 --verify'],
  show({ id, seq, state, snapshot: value, difference }) {
    if (difference === undefined) return print(`${id} as of ${seq}: ${state}\n${JSON.stringify(value, null, 2)}`);
    print(difference === null ? `${id} replays to its stored snapshot.` : `${id}: ${difference}.`);
  },
  exitCode: ({ difference }) => (typeof difference === 'string' ? exitCodes.failed : exitCodes.done),
});
