/** The process of an agent in a simulated world, as the run that owns it has it: it is found again after a crash, and never begun twice. */
import { fromCallback } from 'xstate';
import type { Assignment } from '../../domain/assignment.ts';
import { attemptId } from '../../machines/agent-run-context.ts';
import { type JobInput, untilStopped } from '../../runtime/index.ts';
import type { World } from '../world.ts';
import type { Life } from './job.ts';

/** It is there so soon, in milliseconds. */
const startsMs = 200;

export const agentIn = (world: World, life: Life) =>
  untilStopped(
    fromCallback<
      { type: string; signal: 'SIGTERM' | 'SIGKILL' },
      JobInput<{ runId: string; attempt: number; assignment: Assignment }>
    >(({ input, sendBack, receive }) => {
      const { calendar, processes } = world;
      const { runId, attempt, assignment } = input;
      const { taskId, stage } = assignment;
      const key = attemptId(runId, attempt);
      let letGo = () => {};
      let isReleased = false;
      life.jobs.add(input.job.ref);
      const isGone = () => isReleased || life.isOver;
      const begin = () => {
        if (isGone()) return;
        if (processes.find(key) === undefined) {
          const number = assignment.attempt + attempt - 1;
          world.begin({ key, taskId, stage, number, isFirst: attempt === 1 });
        }
        letGo = processes.watch(key, event => void (isGone() || sendBack(event)));
      };
      calendar.after(startsMs, begin);
      receive(({ signal }) => void (isGone() || processes.signal(key, signal)));
      return () => {
        isReleased = true;
        life.jobs.delete(input.job.ref);
        letGo();
      };
    }),
  );
