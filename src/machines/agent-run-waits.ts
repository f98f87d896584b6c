/** When a run waited, told from its log or, where that is enough, from what it remembers. */
import type { AgentRunContext } from './agent-run-context.ts';
import type { Phase } from './task/phases.ts';

/** In milliseconds since the epoch; it goes on while `to` is null. */
export interface Wait {
  phase: Extract<Phase, 'place' | 'backoff'>;
  from: number;
  to: number | null;
}

export interface RunEntry {
  at: number;
  outcome: string;
  to: string;
}

/** A place is waited for until the process runs. */
function phaseIn(state: string): Wait['phase'] | undefined {
  if (state === 'backoff') return 'backoff';
  return state === 'queued' || state === 'working.starting' ? 'place' : undefined;
}

/** Follows a run through its log. */
export function createWaits() {
  const waits: Wait[] = [];
  let now = 0;
  return {
    follow({ at, outcome, to }: RunEntry): void {
      if (outcome !== 'applied') return;
      now = Math.max(now, at);
      const phase = phaseIn(to);
      const last = waits.at(-1);
      const isOpen = last !== undefined && last.to === null;
      if (isOpen && last.phase === phase) return;
      if (isOpen) last.to = now;
      if (phase !== undefined) waits.push({ phase, from: now, to: null });
    },
    waits: () => waits,
  };
}

/**
 * The same of a run that has done all it could at the first attempt, without its log, which may be long. Undefined where only
 * the log tells.
 */
export function waitsOfOne(
  { attempt, startedAt, hooks, outcome }: AgentRunContext,
  { createdAt, status }: { createdAt: number; status: string },
): Wait[] | undefined {
  const isPlain = attempt === 1 && startedAt !== null && hooks.beforeRun === null;
  if (!isPlain || status === 'active' || outcome !== 'succeeded') return undefined;
  return [{ phase: 'place', from: createdAt, to: Math.max(createdAt, startedAt) }];
}
