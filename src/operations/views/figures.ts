/** Figures as they are answered. Each names the tasks that it is made of. */
import { z } from 'zod';
import { turnCauses } from '../../machines/task/course.ts';
import { afterStages, beforeStages, phases } from '../../machines/task/phases.ts';
import { at, usage } from '../fields.ts';
import { calendarUnits } from '../figures/calendar.ts';

/** Tasks that a figure names, at the most. */
export const mostNamed = 200;

/** Made when it is needed, as all answers are; it is a large one. */
function makeView() {
  const named = {
    total: z.int().describe('how many tasks it is made of'),
    tasks: z.array(z.string()).describe(`their ids, the newest first, at most ${mostNamed}`),
  };

  const tasks = z.object(named);

  const spread = z.object({
    count: z.int(),
    medianMs: z.number().nullable().describe('milliseconds; null without any'),
    p90Ms: z.number().nullable(),
    meanMs: z.number().nullable(),
    totalMs: z.number(),
  });

  const verdicts = z.object({
    pass: z.int(),
    fail: z.int(),
    inconclusive: z.int(),
    passRate: z.number().nullable().describe('pass / (pass + fail), 0 to 1; null where nothing was decided'),
  });

  const spent = usage.unwrap().extend({
    runs: z.int(),
    sessions: z.int().describe('processes'),
    workedMs: z.number().describe('working time of the processes in milliseconds'),
    unpriced: z.int().describe('runs that have used tokens and do not say what they cost'),
  });

  /** What can be said of any set of tasks. */
  const summary = {
    done: tasks,
    failed: tasks,
    cancelled: tasks,
    broken: tasks.describe('ended by an error of their own machine'),
    living: tasks.describe('made in the period and not ended'),
    leadTime: spread.extend(named).describe('from when a task was made until it was done'),
    rework: z.object({ ...named, count: z.int().describe('how often work was sent back') }),
    verdicts: verdicts.extend(named),
    spent: spent.extend(named),
  };

  return z.object({
    from: at,
    to: at.describe('the first instant that is not counted any more'),
    by: z.enum(calendarUnits),
    project: z.string().nullable(),
    isCut: z.boolean().describe('whether there are more tasks than were counted; the newest are'),
    overall: z.object(summary),
    periods: z
      .array(z.object({ period: z.string().describe('its first day, UTC; weeks begin on Monday'), ...summary }))
      .describe('oldest first; a task counts where it ended, or where it was made while it lives'),
    projects: z.array(z.object({ project: z.string(), ...summary })),
    stages: z
      .array(
        z.object({
          stage: z
            .string()
            .describe(`\`${beforeStages}\` before the first one, \`${afterStages}\` behind the last one`),
          time: spread.describe('that each task was in it, all its visits together'),
          phases: z.partialRecord(z.enum(phases), z.number()).describe('what that went by with, in milliseconds'),
          ...named,
        }),
      )
      .describe('in the order in which tasks come to them'),
    rework: z.array(
      z.object({
        cause: z.enum(turnCauses).describe('why work was sent back'),
        gate: z.string().nullable().describe('the gate that said no first'),
        from: z.string().describe('the stage from which it was sent back'),
        to: z.string().describe('the stage that began again'),
        count: z.int(),
        ...named,
      }),
    ),
    gates: z.array(
      z.object({
        gate: z.string(),
        stage: z.string(),
        kind: z.string().nullable().describe('null where its pipeline is not known any more'),
        ...verdicts.shape,
        absent: z.int().describe('of the inconclusive ones: there was nothing to judge'),
        firstPassRate: z.number().nullable().describe('of the tasks, those that passed at once, 0 to 1'),
        trees: z.int().describe('states of the code that were decided on'),
        flakyTrees: z.int().describe('those of them on which it both passed and failed'),
        flakiness: z.number().nullable().describe('flakyTrees / trees, 0 to 1'),
        duration: spread.describe('of its last look each time'),
        ...named,
      }),
    ),
    usage: z.array(
      z.object({
        stage: z.string(),
        agent: z.string(),
        model: z.string().nullable(),
        ...spent.shape,
        again: z
          .object({ runs: z.int(), tokens: z.number(), costUsd: z.number().nullable() })
          .describe('of this, runs of a stage that had been run before'),
        ...named,
      }),
    ),
    csv: z.string().nullable().describe('the same as one table, where that was asked for'),
  });
}

export const figuresView = z.lazy(makeView);
export type FiguresView = z.output<typeof figuresView>;
export type SummaryView = FiguresView['overall'];
export type Named = SummaryView['done'];
