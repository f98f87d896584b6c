/** What may be written of recurring work. */
import type { z } from 'zod';
import type { RoutinePlan } from '../machines/routine.ts';
import { duration, flag, object, priority, text } from './words.ts';

/** Work that is ordered again and again. */
export interface RoutineConfig extends RoutinePlan {
  name: string;
}

export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

export const routineSchema = object({
  project: text().describe('The project in `projects`.'),
  cron: text().describe('When: minute, hour, day of the month, month, day of the week, such as "0 3 * * 1-5".'),
  timeZone: text()
    .default('UTC')
    .refine(isTimeZone, 'write the name of a time zone, such as Europe/Berlin')
    .describe('In which time zone. Default UTC.'),
  jitter: duration().optional().describe('It begins at a moment that chance chooses within this. Default: at once.'),
  skipWhileRunning: flag()
    .default(true)
    .describe('Whether one is left out while the last has not ended. Default true.'),
  title: text().describe('What is wanted, in a line. `{{date}}` stands for the day, such as 2026-11-26.'),
  body: text().optional().describe('The rest of it.'),
  pipeline: text().optional().describe('Instead of that of the project.'),
  priority: priority().optional().describe('Instead of that of the project.'),
});

export function routineOf(
  name: string,
  { jitter, body, priority, ...rest }: z.output<typeof routineSchema>,
  pipeline: string | null,
): RoutineConfig {
  return { name, ...rest, jitterMs: jitter ?? 0, body: body ?? '', priority: priority ?? null, pipeline };
}
