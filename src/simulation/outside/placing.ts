/** What tasks ask of git and of the forge in a simulated world: where to begin, and where their code goes. */
import type { AnyActorLogic } from 'xstate';
import { stageAt } from '../../machines/standing.ts';
import type { Away, Merged, Prepared, Published, Pushed, Updated } from '../../machines/task/context.ts';
import type { World } from '../world.ts';
import { type Life, type MakeJob, second } from './job.ts';

export interface TaskPlace {
  taskId: string;
  branch: string;
}

type Publishing = TaskPlace & { stage: string; questions: string | null; objection: string | null };

export function placing(world: World, life: Life, job: MakeJob): Record<string, AnyActorLogic> {
  const { chance, code, forge, processes } = world;
  const away = (): Away => ({ result: 'away', why: 'the forge does not answer', retryAt: null });
  const isAway = () => forge?.isAway() === true;
  const stageOf = (taskId: string) => stageAt(life.stateOf(taskId));
  return {
    prepare: job<TaskPlace, Prepared | Away>(5 * second, ({ taskId }) =>
      isAway() ? away() : { base: code.base(taskId), ...code.at(taskId) },
    ),

    publish: job<Publishing, Published>(2 * second, ({ taskId, stage, questions, objection, job: { ref } }) => {
      const process = processes.all.findLast(one => one.taskId === taskId && one.stage === stage);
      // What was committed is found when it is looked at again.
      if (world.isNew(`publish ${ref}`)) world.write(taskId, stage, process?.number ?? 0);
      return {
        ...code.at(taskId),
        questions: questions !== null && process?.plan.asks === true ? 'What is meant?' : null,
        objection: objection !== null && process?.plan.objects === true ? 'That cannot work.' : null,
      };
    }),

    push: job<TaskPlace & { head: string }, Pushed | Away>(3 * second, ({ taskId, branch: name, head: sha }) => {
      if (forge === null || isAway()) return away();
      const number = forge.push({ taskId, name, sha, tree: code.treeAt(sha) });
      return { result: 'pushed', pullRequest: { number, url: `https://forge.example/${number}` } };
    }),

    update: job<TaskPlace & { head: string }, Updated>(5 * second, ({ taskId, branch: name, head, job: own }) => {
      if (isAway()) return away();
      if (code.isMerged(head) || code.isCurrent(head)) return { result: 'current' };
      const isAhead = code.isAhead(head);
      const number = world.numberOf(`update ${taskId}`, own.ref);
      if (isAhead && chance.happens(`conflict ${taskId} ${number}`, world.settings.conflicts))
        return { result: 'conflict', detail: 'both have changed the same lines' };
      const placed = world.update(taskId, head, stageOf(taskId));
      forge?.push({ taskId, name, sha: placed.head, tree: placed.codeTree, isOfOthers: !isAhead });
      return { result: 'updated', ...placed, isOnlyDocuments: !isAhead };
    }),

    merge: job<TaskPlace & { head: string }, Merged>(4 * second, ({ taskId, head }) => {
      if (isAway()) return away();
      if (!code.isMerged(head) && !code.isCurrent(head)) return { result: 'moved' };
      const { head: commit, codeTree } = world.merge(taskId, head, stageOf(taskId));
      return { result: 'merged', commit, codeTree };
    }),
  };
}
