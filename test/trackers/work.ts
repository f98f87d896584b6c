/** The work of tasks as tests play it: agents that are at it until they are let go, gates that say what they are told. */
import { noUsage } from '../../src/domain/usage.ts';
import type { Published, Pushed } from '../../src/machines/task/context.ts';

export interface Played {
  run(given: { input: unknown; signal: AbortSignal }): Promise<unknown>;
  judge(given: { input: { gate: { name: string } } }): Promise<unknown>;
  task: Record<string, (input: never) => unknown>;
  /** What the agent asks in this stage; nothing any more once it was asked. */
  asks: Record<string, string>;
  /** What gates say that do not pass. */
  verdicts: Record<string, 'fail' | 'inconclusive'>;
  /** Agents stay at work until `release`. */
  hold(): void;
  release(): void;
  isHeld(): boolean;
  pullRequest: Pushed & { result: 'pushed' };
}

export function playedWork(): Played {
  let waiting: (() => void)[] | null = null;
  const succeeded = {
    ...{ outcome: 'succeeded', reason: 'succeeded', attempts: 1, workedMs: 5, usage: noUsage },
  };
  const played: Played = {
    asks: {},
    verdicts: {},
    pullRequest: { result: 'pushed', pullRequest: null },
    async run({ signal }) {
      if (waiting === null) return succeeded;
      await new Promise<void>((resolve, reject) => {
        waiting!.push(resolve);
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
      return succeeded;
    },
    judge: async ({ input: { gate } }) => ({
      ...{ gate: gate.name, verdict: played.verdicts[gate.name] ?? 'pass', detail: 'as a test says', durationMs: 1 },
    }),
    task: {
      prepare: () => ({ base: 'b'.repeat(40), head: 'b'.repeat(40), codeTree: 'tree' }),
      baseline: () => ({ reports: [] }),
      publish: ({ stage }: { stage: string }): Published => {
        const questions = played.asks[stage] ?? null;
        delete played.asks[stage];
        return { head: 'a'.repeat(40), codeTree: 'tree', questions, objection: null };
      },
      push: () => played.pullRequest,
      update: () => ({ result: 'current' }),
      merge: () => ({ result: 'refused', detail: 'nobody merges here' }),
    },
    hold() {
      waiting ??= [];
    },
    release() {
      const all = waiting ?? [];
      waiting = null;
      for (const go of all) go();
    },
    isHeld: () => waiting !== null,
  };
  return played;
}
