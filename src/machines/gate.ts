/**
 * One gate of one stage: looks, and answers with a verdict. Most gates know at once; one that depends on what happens
 * elsewhere (a build, a review) looks again whenever it hears of news, and now and then without, until its deadline.
 *
 *   judging ── a verdict ──────────────────────────────▶ judged
 *      │ not yet                                          ▲ ▲
 *      ▼                                                  │ │
 *   undecided: waiting ── gate.news, or time to look ──▶ looking
 *      └────────────────── deadline ──────────────────▶ expired
 *
 * What cannot be judged is inconclusive: never a pass.
 */
import { assign, sendTo, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import type { GateReport } from '../domain/verdict.ts';
import { failureIn } from './failure.ts';
import type { Gate } from './pipeline.ts';
import { pureActor } from './provided.ts';

/** Where a gate looks, as the job that judges sees it. */
export interface GateInput {
  /** The task whose gate it is. */
  taskId: string;
  gate: Gate;
  /** Milliseconds that it may wait for news; null for a gate that knows at once. */
  deadlineMs: number | null;
  /** Milliseconds after which it looks again without news. */
  lookAgainMs: number;
  /** What the look itself needs; the machine only hands it on. */
  place: Record<string, unknown>;
}

export interface GateContext extends GateInput {
  /** Epoch milliseconds; null while it does not wait. */
  expiresAt: number | null;
  /** What it waits for, for people; null while it does not. */
  why: string | null;
  report: GateReport | null;
}

/** What a look at a gate comes to: a verdict, or why there is none yet. */
export type Looked = (GateReport | { gate: string; verdict: 'pending'; detail: string }) & { durationMs?: number };

/** What a gate leaves; for whoever measures, with the milliseconds that its last look took. */
export type GateOutput = GateReport & { durationMs?: number };

export type GateEvent = { type: 'gate.news'; at: number };

const lookedIn = (event: unknown) => (event as { output: Looked }).output;
const atOf = (event: unknown) => (event as { at: number }).at;

const look = {
  id: 'judge' as const,
  src: 'judge' as const,
  input: ({ context }: { context: GateContext }) => ({ gate: context.gate, ...context.place }),
};

export const gateMachine = setup({
  types: {} as { input: GateInput; context: GateContext; events: GateEvent; output: GateOutput },
  actors: { judge: pureActor },
  guards: {
    hasVerdict: ({ event }) => lookedIn(event).verdict !== 'pending',
    mayWait: ({ context }) => context.deadlineMs !== null,
  },
  delays: {
    deadline: ({ context, event }) => Math.max(0, (context.expiresAt ?? atOf(event)) - atOf(event)),
    nextLook: ({ context }) => context.lookAgainMs,
  },
  actions: {
    recordVerdict: assign(({ event }) => {
      const report = lookedIn(event);
      return report.verdict === 'pending' ? {} : { report };
    }),
    recordNoVerdict: assign(({ context, event }) => ({
      report: { gate: context.gate.name, verdict: 'inconclusive' as const, detail: lookedIn(event).detail },
    })),
    recordBroken: assign(({ context, event }) => ({
      report: {
        gate: context.gate.name,
        verdict: 'inconclusive' as const,
        detail: `the gate could not be judged: ${failureIn(event)}`,
      },
    })),
    startWaiting: assign(({ context, event }) => ({ expiresAt: atOf(event) + (context.deadlineMs ?? 0) })),
    recordWhy: assign(({ event }) => ({ why: lookedIn(event).detail })),
    tellWhy: sendTo(
      ({ context }) => actorRef(context.taskId),
      ({ context }) => ({ type: 'gate.waits', gate: context.gate.name, why: context.why, until: context.expiresAt }),
    ),
    expire: assign(({ context }) => ({
      report: {
        gate: context.gate.name,
        verdict: 'inconclusive' as const,
        detail: `waited in vain: ${context.why ?? 'nothing was heard'}`,
      },
    })),
  },
}).createMachine({
  id: 'gate',
  description: 'Looks whether one gate of a stage is passed, and waits for news where that is decided elsewhere.',
  context: ({ input: { taskId, gate, deadlineMs, lookAgainMs, place } }) => ({
    taskId,
    gate,
    deadlineMs,
    lookAgainMs,
    place,
    expiresAt: null,
    why: null,
    report: null,
  }),
  initial: 'judging',
  states: {
    judging: {
      invoke: {
        ...look,
        onDone: [
          { guard: 'hasVerdict', target: 'judged', actions: 'recordVerdict' },
          { guard: 'mayWait', target: 'undecided', actions: ['startWaiting', 'recordWhy', 'tellWhy'] },
          // As good as one that cannot be judged.
          { target: 'judged', actions: 'recordNoVerdict' },
        ],
        onError: { target: 'judged', actions: 'recordBroken' },
      },
      // What is being looked at may be older than the news.
      on: { 'gate.news': { guard: 'mayWait', target: 'judging', reenter: true } },
    },
    undecided: {
      after: { deadline: 'expired' },
      initial: 'waiting',
      states: {
        waiting: { after: { nextLook: 'looking' }, on: { 'gate.news': 'looking' } },
        looking: {
          invoke: {
            ...look,
            onDone: [
              { guard: 'hasVerdict', target: '#gate.judged', actions: 'recordVerdict' },
              { target: 'waiting', actions: ['recordWhy', 'tellWhy'] },
            ],
            onError: { target: '#gate.judged', actions: 'recordBroken' },
          },
          on: { 'gate.news': { target: 'looking', reenter: true } },
        },
      },
    },
    expired: { type: 'final', entry: 'expire' },
    judged: { type: 'final' },
  },
  output: ({ context }) => context.report!,
});
