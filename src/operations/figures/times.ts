/** How long a task was in its stages, and with what. */
import type { Wait } from '../../machines/agent-run-waits.ts';
import type { Course, Span } from '../../machines/task/course.ts';
import type { Phase } from '../../machines/task/phases.ts';

/** Milliseconds by phase. */
export type Times = Partial<Record<Phase, number>>;

export interface StageTimes {
  stage: string;
  times: Times;
}

/** The stages in which a task was, in the order in which it came to them, with what the time went by. */
export function stagesIn({ spans }: Course, waits: readonly Wait[], until: number): StageTimes[] {
  const stages = new Map<string, Times>();
  for (const span of spans) {
    const times = stages.get(span.stage) ?? {};
    stages.set(span.stage, times);
    for (const [phase, ms] of partsOf(span, waits, until)) if (ms > 0) times[phase] = (times[phase] ?? 0) + ms;
  }
  return [...stages].map(([stage, times]) => ({ stage, times }));
}

/** A stretch in which an agent works is partly one in which it waits. */
function partsOf({ phase, from, to }: Span, waits: readonly Wait[], until: number): [Phase, number][] {
  const end = to ?? until;
  if (phase !== 'working') return [[phase, end - from]];
  let left = end - from;
  const parts = waits.map((wait): [Phase, number] => {
    const ms = Math.min(left, Math.max(0, Math.min(wait.to ?? until, end) - Math.max(wait.from, from)));
    left -= ms;
    return [wait.phase, ms];
  });
  return [...parts, [phase, left]];
}
