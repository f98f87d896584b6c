/** What a task shows at its forge: a status at each commit for each gate, and one comment that tells how it stands. */
import { formatDuration } from '../../domain/duration.ts';
import { statusName } from '../../domain/names.ts';
import type { GateOutput } from '../gate.ts';
import type { Standing } from '../standing.ts';
import type { Transition } from './common.ts';
import type { Asks, TaskContext } from './context.ts';

interface Told {
  context: TaskContext;
  event: unknown;
}

/** An effect for a task that has a forge; for others there is nothing to do. */
const atForge = (type: string, params: (told: Told) => object | null): Transition => ({
  type,
  params: (told: Told) => (told.context.forge == null ? null : params(told)),
});

const stateOf = { pass: 'success', fail: 'failure', inconclusive: 'pending' } as const;

/** Shows a verdict that has just come at the commit that it is for. */
export const showVerdict = atForge('setStatus', ({ context: { forge, head }, event }) => {
  const { gate, verdict, detail } = (event as { output: GateOutput }).output;
  const description = detail.trim().split('\n', 1)[0]!.slice(0, 130);
  const status = { context: statusName(gate), state: stateOf[verdict], description };
  return { forge: forge!.name, repository: forge!.repository, sha: head, status };
});

/** How a task stands, and what has just happened to it, in a few words. */
export interface Telling {
  standing: Standing;
  stage: string;
  headline: string;
}

/** Tells whoever looks at it from outside: under its pull request, and at its item. */
export const tellOutside = (telling: Telling): (Transition | string)[] => [
  'countTelling',
  tellForge(telling.headline),
  showItem(telling),
];

/** Has the comment under the pull request say how the task stands. */
const tellForge = (headline: string): Transition =>
  atForge('keepComment', ({ context }) => {
    const { name, repository, commentId, pullRequest } = context.forge!;
    if (pullRequest === null) return null;
    const comment = { marker: markerOf(context.id), body: reportOf(context, headline), id: commentId };
    return { forge: name, repository, number: pullRequest.number, comment };
  });

/** Has its item at the tracker show how it stands, and put to people what it asks. */
const showItem = ({ standing, stage, headline }: Telling): Transition => ({
  type: 'showItem',
  params: ({ context, event }: Told): ItemShowing | null => {
    const { source, asks = null, verdicts, waitsFor, attempts, spent, merged, endedBecause, forge } = context;
    if (source?.item === undefined) return null;
    return {
      tracker: source.tracker,
      place: source.place,
      project: context.project,
      ref: { project: source.project, id: source.item },
      taskId: context.id,
      title: context.title,
      telling: context.tellings ?? 0,
      at: (event as { at: number }).at,
      ...{ standing, stage, headline, waitsFor, asks, endedBecause },
      questions: asks?.kind === 'answer' ? context.questions : null,
      pullRequest: forge?.pullRequest?.url ?? null,
      merged: merged?.commit ?? null,
      verdicts: Object.values(verdicts).map(({ gate, stage, verdict, by }) => ({ gate, stage, verdict, by })),
      runs: Object.values(attempts).reduce((sum, count) => sum + count, 0),
      workedMs: spent.timeMs,
      comment: context.itemComment ?? null,
    };
  },
});

/** What an item is to show, for whoever brings it there. */
export interface ItemShowing {
  tracker: string;
  /** Where it is taken up, as the configuration calls it. */
  place?: string | undefined;
  /** Of Signalbox. */
  project: string;
  ref: { project: string; id: string };
  taskId: string;
  title: string;
  /** Its number; a task that has told more since is no longer as this says. */
  telling: number;
  /** Epoch milliseconds. */
  at: number;
  standing: Standing;
  stage: string;
  headline: string;
  waitsFor: string | null;
  asks: Asks | null;
  /** What the agent asks, where it is the agent who does. */
  questions: string | null;
  endedBecause: string | null;
  pullRequest: string | null;
  merged: string | null;
  verdicts: { gate: string; stage: string; verdict: 'pass' | 'fail' | 'inconclusive'; by: string }[];
  runs: number;
  workedMs: number;
  /** The comment that tells it, where there is one already. */
  comment: string | null;
}

/** Has done what the agent has just asked for by files; where it asks for something below a pull request, that is there by then. */
export const performRequests = (stage: string): Transition => ({
  type: 'performRequests',
  params: ({ context }: Told) => {
    const { asked: requests = [] } = context;
    if (requests.length === 0) return null;
    const { name = null, repository = null, pullRequest = null } = context.forge ?? {};
    const round = `${stage}-${context.attempts[stage] ?? 1}`;
    return { forge: name, repository, number: pullRequest?.number ?? null, taskId: context.id, round, requests };
  },
});

/** Marks what a task has written at a forge, so that it is found again. An HTML comment shows nowhere. */
export const markerOf = (taskId: string) => `<!-- signalbox:${taskId} -->`;

const marks = { pass: '✅', fail: '❌', inconclusive: '❔' };

/** Markdown; what comes from outside stands in code, so that it is no markup and mentions nobody. */
export function reportOf(context: TaskContext, headline: string): string {
  const { id, verdicts, waitsFor, attempts, spent, merged } = context;
  const gates = Object.values(verdicts).map(
    ({ gate, stage, verdict, by }) => `| ${stage} | ${gate} | ${marks[verdict]} ${verdict} | ${inCode(by)} |`,
  );
  const runs = Object.values(attempts).reduce((sum, count) => sum + count, 0);
  return [
    markerOf(id),
    `**${headline}**`,
    ...(waitsFor === null ? [] : ['', inCode(waitsFor)]),
    ...(merged === null ? [] : ['', `Merged as ${merged.commit}.`]),
    ...(gates.length === 0 ? [] : ['', '| stage | gate | verdict | by |', '|---|---|---|---|', ...gates]),
    '',
    `_${id}: ${runs} ${runs === 1 ? 'run' : 'runs'}, ${formatDuration(spent.timeMs)} of work._`,
  ].join('\n');
}

/** One line in which nothing is markup. */
const inCode = (text: string) => `\`${text.replace(/[\s`|]+/g, ' ').trim()}\``;
