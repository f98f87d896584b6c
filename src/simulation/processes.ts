/**
 * The agents' processes of a simulated world. They go on while the orchestrator is dead, keep a record of their end, and are
 * found again by the name of their attempt, as real ones are by their directory.
 */
import { type AgentEnd, type AgentReport, endOf, type NaturalEnd } from '../domain/outcome.ts';
import { roundUsd, type Tokens } from '../domain/usage.ts';
import type { Calendar } from './calendar.ts';
import type { Chance } from './chance.ts';
import { type End, settingsOf, type WorldSettings } from './settings.ts';

/** Which attempt of which run a process is. */
export interface Attempt {
  /** The name of the attempt; there is one process of each. */
  key: string;
  taskId: string;
  stage: string;
  /** The number of the process among all of its stage, from 1. */
  number: number;
  /** Whether it is the first of its run. */
  isFirst: boolean;
}

/** How a process is going to go. */
interface Plan {
  end: End;
  /** How long it works, in milliseconds, and what that costs in US dollars. */
  worksMs: number;
  costUsd: number;
  asks: boolean;
  objects: boolean;
  /** Whether it leaves only to a SIGKILL, and whether it stays after its last word. */
  isStubborn: boolean;
  lingers: boolean;
}

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

export interface Processes {
  find(key: string): Process | undefined;
  start(attempt: Attempt): Process;
  /** Whoever owns it hears of it from now on; at once of its start, and of its end if that has come. Answers how to let go. */
  watch(key: string, tell: Tell): () => void;
  signal(key: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Every process that there ever was, the oldest first. */
  readonly all: readonly Process[];
}

/** Ends that come before the work is done, and those among them that come as soon as something is asked of the model. */
const isCutOff = (end: End) => !['succeeded', 'timedOut', 'contextExhausted'].includes(end);
const isTurnedDown = (end: End) => ['transient', 'authentication', 'refused'].includes(end);

/** It says something at least so often while it works. */
const beatMs = 240_000;
const tokensPerUsd: Tokens = {
  ...{ inputTokens: 40_000, cachedInputTokens: 400_000, cacheWriteTokens: 30_000, outputTokens: 20_000 },
};

interface Living extends Process {
  exit: { code: number | null; signal: string | null; end: AgentEnd } | null;
  lastOutputAt: number;
  /** It has said its last word. */
  hasConcluded: boolean;
  isTerminating: boolean;
  tell: Tell | null;
}

export function createProcesses({
  calendar,
  chance,
  settings,
  limitMs,
}: {
  calendar: Calendar;
  chance: Chance;
  settings: WorldSettings;
  /** How long a process of a stage may work. */
  limitMs(stage: string): number;
}): Processes {
  const all = new Map<string, Living>();
  /** Until when the provider turns everybody away, epoch milliseconds. */
  let barredUntil = 0;

  function planOf({ taskId, stage, number }: Attempt): Plan {
    const { works, costs, script = [], ends, asks, objects } = settingsOf(settings, stage);
    const name = `process ${taskId} ${stage} ${number}`;
    const end = script[number - 1] ?? chance.pick(`${name} ends`, ends);
    // Only one that never comes to an end meets the limit of its stage.
    const wholeMs = Math.min(chance.around(`${name} works`, works), limitMs(stage) * 0.9);
    const share = isCutOff(end) ? (isTurnedDown(end) ? 0.03 : 0.1 + 0.8 * chance.share(`${name} is cut off`)) : 1;
    return {
      end,
      worksMs: Math.max(1_000, Math.round(wholeMs * share)),
      costUsd: roundUsd((share * costs * chance.around(`${name} costs`, 1_000)) / 1_000),
      asks: chance.happens(`${name} asks`, asks),
      objects: chance.happens(`${name} objects`, objects),
      isStubborn: chance.happens(`${name} is stubborn`, 10),
      lingers: chance.happens(`${name} lingers`, 3),
    };
  }

  /** What it costs grows with the time in which it says something. */
  function costOf(process: Living): number {
    const { plan, lastOutputAt, startedAt, endedAt } = process;
    const until = plan.end === 'stalled' ? lastOutputAt : (endedAt ?? calendar.now());
    const share = Math.min(1, (until - startedAt) / plan.worksMs);
    return roundUsd(plan.costUsd * (plan.end === 'timedOut' ? (until - startedAt) / plan.worksMs : share));
  }

  function reportOf(process: Living): AgentReport {
    const costUsd = costOf(process);
    const tokens = Object.entries(tokensPerUsd).map(([kind, amount]) => [kind, Math.round(amount * costUsd)] as const);
    const isFull = process.plan.end === 'contextExhausted' && process.endedAt !== null;
    return {
      session: process.key,
      model: 'simulated',
      usage: { ...(Object.fromEntries(tokens) as unknown as Tokens), costUsd },
      context: { usedTokens: isFull ? 200_000 : 20_000, windowTokens: 200_000 },
      conclusion: process.hasConcluded ? 'success' : null,
      ...{ denials: [], turns: 1, events: 1, unknownEvents: 0, garbageLines: 0, lastText: 'what it said last' },
    };
  }

  const signOf = (process: Living) => ({
    report: reportOf(process),
    activity: 'works',
    silentMs: calendar.now() - process.lastOutputAt,
    stalledMs: calendar.now() - process.lastOutputAt,
  });

  function tellExit(process: Living): void {
    const { exit, startedAt, endedAt, key } = process;
    if (exit === null) return;
    const jitter = chance.share(`jitter ${key}`);
    process.tell?.({ type: 'agent.exited', ...exit, report: reportOf(process), startedAt, endedAt, jitter });
  }

  function leave(process: Living, exit: Living['exit']): void {
    if (process.endedAt !== null) return;
    process.endedAt = calendar.now();
    process.exit = exit;
    tellExit(process);
  }

  /** It works until its end, and says something now and then. */
  function live(process: Living): void {
    if (process.endedAt !== null || process.isTerminating) return;
    const { plan, startedAt } = process;
    const leftMs = startedAt + plan.worksMs - calendar.now();
    if (leftMs <= 0 && plan.end !== 'timedOut') {
      finish(process);
      return;
    }
    process.lastOutputAt = calendar.now();
    if (calendar.now() > startedAt) process.tell?.({ type: 'agent.heartbeat', isToolAlive: false, ...signOf(process) });
    calendar.after(leftMs <= 0 ? beatMs : Math.min(beatMs, leftMs), () => live(process));
  }

  function finish(process: Living): void {
    const { plan } = process;
    // Nothing is heard of it any more.
    if (plan.end === 'stalled') return;
    if (plan.end !== 'succeeded') {
      leave(process, exitOf(plan.end, process));
      return;
    }
    process.hasConcluded = true;
    process.lastOutputAt = calendar.now();
    process.tell?.({ type: 'agent.concluded', end: endAs('succeeded'), ...signOf(process) });
    if (!plan.lingers) calendar.after(500, () => leave(process, { code: 0, signal: null, end: endAs('succeeded') }));
  }

  function exitOf(end: Exclude<End, 'stalled' | 'succeeded'>, { key }: Living): Living['exit'] {
    if (end === 'lost') return { code: null, signal: null, end: endOf({ code: null, signal: null }) };
    if (end !== 'quota') return { code: 1, signal: null, end: endAs(end as NaturalEnd) };
    // Whoever comes meanwhile is turned away until the same time.
    if (barredUntil <= calendar.now()) barredUntil = calendar.now() + chance.around(`reset ${key}`, 2 * 3_600_000);
    return { code: 1, signal: null, end: endAs('quota', barredUntil) };
  }

  return {
    find: key => all.get(key),
    start(attempt) {
      const plan = planOf(attempt);
      const isTurnedAway = barredUntil > calendar.now();
      const process: Living = {
        ...attempt,
        plan: isTurnedAway ? { ...plan, end: 'quota', worksMs: 5_000, costUsd: 0 } : plan,
        ...{ startedAt: calendar.now(), endedAt: null, exit: null, lastOutputAt: calendar.now() },
        ...{ hasConcluded: false, isTerminating: false, tell: null },
        costUsd: () => costOf(process),
      };
      all.set(attempt.key, process);
      live(process);
      return process;
    },
    watch(key, tell) {
      const process = all.get(key)!;
      process.tell = tell;
      if (process.endedAt === null) {
        const silentMs = calendar.now() - process.lastOutputAt;
        tell({ type: 'agent.started', pid: [...all.keys()].indexOf(key) + 1, silentMs });
        // What it has printed is read from the beginning.
        if (process.hasConcluded) tell({ type: 'agent.concluded', end: endAs('succeeded'), ...signOf(process) });
      } else tellExit(process);
      return () => {
        if (process.tell === tell) process.tell = null;
      };
    },
    signal(key, signal) {
      const process = all.get(key);
      if (process === undefined || process.endedAt !== null) return;
      const end = (by: string) => leave(process, { code: null, signal: by, end: endOf({ code: null, signal: by }) });
      if (signal === 'SIGKILL') calendar.after(50, () => end('SIGKILL'));
      else if (!process.plan.isStubborn && !process.isTerminating) {
        process.isTerminating = true;
        calendar.after(2_000, () => end('SIGTERM'));
      }
    },
    get all() {
      return [...all.values()];
    },
  };

  function endAs(kind: NaturalEnd, resetAt: number | null = null): AgentEnd {
    return {
      class: kind,
      message: says[kind],
      code: kind,
      resetAt,
      retryAfterMs: kind === 'transient' ? 30_000 : null,
    };
  }
}

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
