/** What an item at a tracker tells of its task. */
import { formatDuration } from '../domain/duration.ts';
import { outside, renderText, type Texts } from './render.ts';

const marks = { pass: '✅', fail: '❌', inconclusive: '❔' };

/** How a task stands, as far as it is told at its item. */
export interface ItemTelling {
  taskId: string;
  standing: string;
  stage: string;
  waitsFor: string | null;
  endedBecause: string | null;
  pullRequest: string | null;
  merged: string | null;
  verdicts: readonly { gate: string; stage: string; verdict: keyof typeof marks; by: string }[];
  runs: number;
  workedMs: number;
  asks: { kind: string; stage: string } | null;
  questions: string | null;
}

/** The comment that is kept up to date. */
export const statusText = (texts: Texts, telling: ItemTelling): string =>
  renderText(texts, 'status', {
    task: telling.taskId,
    standing: telling.standing,
    stage: telling.stage,
    reason: outside(telling.waitsFor ?? telling.endedBecause),
    pullRequest: telling.pullRequest,
    merged: telling.merged?.slice(0, 9) ?? null,
    verdicts: telling.verdicts.map(({ gate, stage, verdict, by }) => ({
      gate,
      stage,
      mark: marks[verdict],
      by: outside(by),
    })),
    runs: telling.runs,
    worked: formatDuration(telling.workedMs),
  });

/** The comment that puts a question. */
export const questionText = (texts: Texts, { asks, stage, waitsFor, questions, taskId }: ItemTelling): string =>
  renderText(texts, 'question', {
    task: taskId,
    kind: asks?.kind ?? 'decision',
    stage,
    reason: outside(waitsFor),
    questions: outside(questions),
  });
