/** One process of an agent in a simulated world: it works, says something now and then, and comes to the end that it is to come to. */
import { type AgentEnd, type AgentReport, endOf, type NaturalEnd } from '../../domain/outcome.ts';
import { roundUsd, type Tokens } from '../../domain/usage.ts';
import type { Calendar } from '../calendar.ts';
import type { Chance } from '../chance.ts';
import type { Attempt, Plan } from './plan.ts';

/** What a process reports, as the actor that owns one does. */
export type Tell = (event: { type: string } & Record<string, unknown>) => void;

export interface Process extends Attempt {
  plan: Plan;
  startedAt: number;
  /** Null while it lives. */
  endedAt: number | null;
  /** What it has used so far, or in all. */
  costUsd(): number;
}

export interface Living extends Process {
  /** Whoever owns it hears of it from now on; at once of its start, and of its end if that has come. Answers how to let go. */
  watch(tell: Tell): () => void;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

interface Exit {
  code: number | null;
  signal: string | null;
  end: AgentEnd;
}

/** It says something at least so often while it works. */
const beatMs = 240_000;
const tokensPerUsd: Tokens = {
  ...{ inputTokens: 40_000, cachedInputTokens: 400_000, cacheWriteTokens: 30_000, outputTokens: 20_000 },
};

interface Around {
  calendar: Calendar;
  chance: Chance;
  /** When the allowance that is used up now is there again. */
  resetAt(): number;
}

export function begin(attempt: Attempt & { plan: Plan; pid: number }, { calendar, chance, resetAt }: Around): Living {
  const { key, plan, pid } = attempt;
  const startedAt = calendar.now();
  let lastOutputAt = startedAt;
  let exit: Exit | null = null;
  /** It has said its last word; it was asked to leave. */
  let hasConcluded = false;
  let isTerminating = false;
  let told: Tell | null = null;

  /** What it costs grows with the time in which it says something. */
  function costUsd(): number {
    const until = plan.end === 'stalled' ? lastOutputAt : (process.endedAt ?? calendar.now());
    const share = (until - startedAt) / plan.worksMs;
    return roundUsd(plan.costUsd * (plan.end === 'timedOut' ? share : Math.min(1, share)));
  }

  function report(): AgentReport {
    const cost = costUsd();
    const tokens = Object.entries(tokensPerUsd).map(([kind, amount]) => [kind, Math.round(amount * cost)] as const);
    const isFull = plan.end === 'contextExhausted' && process.endedAt !== null;
    return {
      session: key,
      model: 'simulated',
      usage: { ...(Object.fromEntries(tokens) as unknown as Tokens), costUsd: cost },
      context: { usedTokens: isFull ? 200_000 : 20_000, windowTokens: 200_000 },
      conclusion: hasConcluded ? 'success' : null,
      ...{ denials: [], turns: 1, events: 1, unknownEvents: 0, garbageLines: 0, lastText: 'what it said last' },
    };
  }

  function sign() {
    const silentMs = calendar.now() - lastOutputAt;
    return { report: report(), activity: 'works', silentMs, stalledMs: silentMs };
  }

  const tellConclusion = () => told?.({ type: 'agent.concluded', end: endAs('succeeded'), ...sign() });

  function tellExit(): void {
    const jitter = chance.share(`jitter ${key}`);
    told?.({ type: 'agent.exited', ...exit, report: report(), startedAt, endedAt: process.endedAt, jitter });
  }

  function leave(how: Exit): void {
    if (exit !== null) return;
    process.endedAt = calendar.now();
    exit = how;
    tellExit();
  }

  function live(): void {
    if (exit !== null || isTerminating) return;
    const leftMs = startedAt + plan.worksMs - calendar.now();
    if (leftMs <= 0 && plan.end !== 'timedOut') {
      finish();
      return;
    }
    lastOutputAt = calendar.now();
    if (calendar.now() > startedAt) told?.({ type: 'agent.heartbeat', isToolAlive: false, ...sign() });
    calendar.after(leftMs <= 0 ? beatMs : Math.min(beatMs, leftMs), live);
  }

  function finish(): void {
    // Nothing is heard of it any more.
    if (plan.end === 'stalled') return;
    if (plan.end !== 'succeeded') {
      leave(exitAs(plan.end as Exclude<NaturalEnd, 'succeeded'>));
      return;
    }
    hasConcluded = true;
    lastOutputAt = calendar.now();
    tellConclusion();
    if (!plan.lingers) calendar.after(500, () => leave({ code: 0, signal: null, end: endAs('succeeded') }));
  }

  function exitAs(end: Exclude<NaturalEnd, 'succeeded'>): Exit {
    if (end === 'lost') return { code: null, signal: null, end: endOf({ code: null, signal: null }) };
    return { code: 1, signal: null, end: endAs(end, end === 'quota' ? resetAt() : null) };
  }

  const process: Living = {
    ...attempt,
    ...{ startedAt, endedAt: null, costUsd },
    watch(tell) {
      told = tell;
      if (exit === null) {
        tell({ type: 'agent.started', pid, silentMs: calendar.now() - lastOutputAt });
        // What it has printed is read from the beginning.
        if (hasConcluded) tellConclusion();
      } else tellExit();
      return () => {
        if (told === tell) told = null;
      };
    },
    signal(signal) {
      if (exit !== null) return;
      const end = (by: string) => leave({ code: null, signal: by, end: endOf({ code: null, signal: by }) });
      if (signal === 'SIGKILL') calendar.after(50, () => end('SIGKILL'));
      else if (!plan.isStubborn && !isTerminating) {
        isTerminating = true;
        calendar.after(2_000, () => end('SIGTERM'));
      }
    },
  };
  live();
  return process;
}

const endAs = (kind: NaturalEnd, resetAt: number | null = null): AgentEnd => ({
  ...{ class: kind, message: says[kind], code: kind, resetAt },
  retryAfterMs: kind === 'transient' ? 30_000 : null,
});

const says: Record<NaturalEnd, string> = {
  succeeded: 'the agent finished',
  transient: 'the provider is overloaded',
  quota: 'the allowance of the account is used up',
  authentication: 'the provider does not accept the login',
  contextExhausted: 'the session does not fit into the context of the model any more',
  budget: 'the agent reached its budget',
  refused: 'the model declined the work',
  permanent: 'the agent failed with exit code 1',
  lost: 'the agent vanished',
  interrupted: 'somebody ended the agent',
};
