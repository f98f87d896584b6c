/** A piece of outside work in a simulated world: it takes virtual time, and its effect is there when half of it has passed. */
import { type AnyActorLogic, fromPromise } from 'xstate';
import type { JobInput } from '../../runtime/index.ts';
import type { World } from '../world.ts';

/** One life of the orchestrator: from a start to the next crash. */
export interface Life {
  readonly isOver: boolean;
  /** The state of a task, as far as it is known. */
  stateOf(taskId: string): string;
  /** References of jobs that run now. */
  readonly jobs: Set<string>;
}

export type MakeJob = <Input, Output>(
  /** The median of how long it takes, in milliseconds. */
  takesMs: number | ((input: Input) => number),
  work: (input: JobInput<Input>) => Output | Promise<Output>,
) => AnyActorLogic;

export const second = 1_000;

export function createJobs({ calendar, chance }: World, life: Life): MakeJob {
  return <Input, Output>(
    takesMs: number | ((input: Input) => number),
    work: (input: JobInput<Input>) => Output | Promise<Output>,
  ) =>
    fromPromise<Output, JobInput<Input>>(({ input, signal }) => {
      const usual = typeof takesMs === 'function' ? takesMs(input) : takesMs;
      const ms = chance.around(`job ${input.job.ref}`, usual);
      life.jobs.add(input.job.ref);
      signal.addEventListener('abort', () => life.jobs.delete(input.job.ref));
      return new Promise<Output>((resolve, reject) => {
        const isGone = () => life.isOver || signal.aborted;
        calendar.after(ms / 2, () => {
          if (isGone()) return;
          Promise.resolve()
            .then(() => work(input))
            .then(
              output => calendar.after(ms / 2, () => void (isGone() || resolve(output))),
              error => void (isGone() || reject(error)),
            );
        });
      }).finally(() => life.jobs.delete(input.job.ref));
    }) as AnyActorLogic;
}
