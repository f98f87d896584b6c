/** What a task shows at its forge: a status at each commit for each gate, and one comment that tells how it stands. */
import { formatDuration } from '../../domain/duration.ts';
import { statusName } from '../../domain/names.ts';
import type { GateOutput } from '../gate.ts';
import type { TaskContext } from './context.ts';
import type { Transition } from './spending.ts';

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

/** Has the comment under the pull request say how the task stands. */
export const tellForge = (headline: string): Transition =>
  atForge('keepComment', ({ context }) => {
    const { name, repository, commentId, pullRequest } = context.forge!;
    if (pullRequest === null) return null;
    const comment = { marker: markerOf(context.id), body: reportOf(context, headline), id: commentId };
    return { forge: name, repository, number: pullRequest.number, comment };
  });

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
