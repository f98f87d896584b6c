/** How work goes: how long it takes and what with, what comes back, what gates say, what it costs. */
import { z } from 'zod';
import { csvType } from '../domain/csv.ts';
import { calendarUnits } from './figures/calendar.ts';
import { gathererOf } from './figures/gather.ts';
import { createPause } from './figures/pause.ts';
import { instantRule, isInstant, periodFor } from './figures/period.ts';
import { sumsOf } from './figures/sum.ts';
import { tableOf } from './figures/table.ts';
import { operation } from './operation.ts';
import { figuresView } from './views/figures.ts';
import { timeOf } from './views/time.ts';

const formats = ['json', 'csv'] as const;

const instant = z.string().max(100).refine(isInstant, instantRule);

export const figuresShow = operation({
  name: 'figures.show',
  summary: 'how long work takes and what with, what comes back, what gates say and what it costs',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    from: instant
      .optional()
      .describe(
        'tasks that ended since then, or were made since then and live: a day, a time, or 30d; 30 days without it',
      ),
    to: instant.optional().describe('and before then; a day is counted whole, and it is now without it'),
    project: z.string().max(200).optional().describe('only those of this project'),
    by: z.enum(calendarUnits).default('day').describe('by what time is divided; days are those of UTC'),
    format: z.enum(formats).default('json').describe('csv: all of it as one table too'),
  }),
  output: figuresView,
  route: { method: 'GET', path: '/figures', status: 200 },
  media: ({ csv }) => (csv === null ? null : { type: `${csvType}; charset=utf-8; header=present`, text: csv }),
  mediaTypes: [csvType],
  accepts: { [csvType]: { format: 'csv' } },
  async run({ runtime }, { from, to, project, by, format }, { signal }) {
    const now = Date.now();
    const period = periodFor({ from, to }, now);
    const { tasks, isCut } = await gathererOf(runtime)({ ...period, project, now, signal });
    const sums = await sumsOf(tasks, by, createPause());
    const answer = {
      ...{ from: timeOf(period.from), to: timeOf(period.to), by },
      ...{ project: project ?? null, isCut, ...sums },
    };
    return { ...answer, csv: format === 'csv' ? tableOf(answer) : null };
  },
});
