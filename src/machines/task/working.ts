/** The part of a stage in which an agent works, and what may happen to it meanwhile. */
import { refOf, trackingName } from '../../domain/names.ts';
import type { AgentRunInput } from '../agent-run-context.ts';
import { budgetOf, leavesOf, mustChange, type Pipeline, preceding, roundFilesOf, type Stage } from '../pipeline.ts';
import { forbidden, playerOf, type StateConfig, says, type Transition, told, toStage } from './common.ts';
import { documentsOf, type TaskContext } from './context.ts';
import { decidedBefore } from './decided.ts';
import { concernsOf, leftFor } from './rules.ts';
import { scopesOf } from './spending.ts';

export function workingState(
  pipeline: Pipeline,
  stage: Stage,
  blockedBecause: (why: string) => Transition,
): StateConfig {
  const ended = `xstate.done.actor.${stage.name}`;
  const brokeDown = `xstate.error.actor.${stage.name}`;
  const before = preceding(pipeline, stage);
  const unsuccessful = { ...blockedBecause('the agent did not finish') };
  const recordRun = { type: 'recordRun', params: { stage: stage.name } };
  const alsoRecord = (transition: Transition): Transition => ({
    ...transition,
    actions: [recordRun, ...[transition.actions ?? []].flat()],
  });
  const cancelledAtWork: Transition = {
    target: '#cancelled',
    actions: { type: 'recordEnd', params: { because: 'cancelled while the agent worked' } },
  };
  const sentBack: Transition = { target: toStage(before.name), reenter: true, actions: 'clearRework' };
  const stopRun = { type: 'stopRun', params: { child: stage.name } };
  return {
    entry: { type: 'countAttempt', params: { stage: stage.name } },
    invoke: {
      id: stage.name,
      src: 'agentRun',
      input: ({ context }: { context: TaskContext }) => runInput(context, pipeline, stage),
      onDone: [
        { guard: 'hasRunSucceeded', target: 'publishing', actions: recordRun },
        { guard: 'isRunOverBudget', target: 'overspent', actions: recordRun },
        alsoRecord(unsuccessful),
      ],
      onError: blockedBecause('the run of the agent broke down'),
    },
    initial: 'running',
    states: {
      running: {
        meta: says({ why: 'an agent works on it or waits for a place' }),
        on: {
          'task.pause': told('lets the agent finish, then holds it', { target: 'pausing' }),
          'task.cancel': told('stops the agent after a checkpoint and ends it; the branch stays', {
            target: 'cancelling',
          }),
          'task.reject': [
            { guard: 'isForAnotherQuestion' },
            told(`stops the agent and sends it back to ${before.name} with the reason`, {
              target: 'rejecting',
              actions: 'recordRejection',
            }),
          ],
        },
      },
      // The run may finish: what it has cost is spent. Nothing follows it until somebody resumes.
      pausing: {
        meta: says({ why: 'the agent finishes, then the task pauses' }),
        // One that has not started yet does not.
        entry: 'holdRuns',
        exit: 'releaseRuns',
        on: {
          'task.pause': forbidden,
          'task.resume': told('goes on as if it had not been paused', { target: 'running' }),
          'task.cancel': told('stops the agent after a checkpoint and ends it; the branch stays', {
            target: 'cancelling',
          }),
          [ended]: [
            { guard: 'hasRunSucceeded', target: `#paused.${stage.name}.finished`, actions: recordRun },
            { guard: 'isRunOverBudget', target: `#paused.${stage.name}.overspent`, actions: recordRun },
            alsoRecord(unsuccessful),
          ],
        },
      },
      cancelling: {
        tags: 'ending',
        meta: says({ why: 'the agent is being stopped' }),
        entry: stopRun,
        on: {
          'task.cancel': forbidden,
          'task.pause': forbidden,
          [ended]: alsoRecord(cancelledAtWork),
          [brokeDown]: cancelledAtWork,
        },
      },
      rejecting: {
        meta: says({ why: 'the agent is being stopped' }),
        entry: stopRun,
        on: {
          'task.pause': forbidden,
          'task.cancel': forbidden,
          [ended]: alsoRecord(sentBack),
          [brokeDown]: sentBack,
        },
      },
    },
  };
}

function runInput(context: TaskContext, pipeline: Pipeline, stage: Stage): Omit<AgentRunInput, 'actor'> {
  const { run } = stage;
  const player = playerOf(context, stage);
  const attempt = context.attempts[stage.name] ?? 1;
  return {
    assignment: {
      taskId: context.id,
      project: context.project,
      workItem: context.workItem,
      title: context.title,
      body: context.body,
      stage: stage.name,
      role: stage.role,
      attempt,
      worktree: context.worktree,
      repository: context.repository,
      branch: context.branch,
      target: context.forge == null ? context.target : trackingName(context.forge.name, context.target),
      targetRef: refOf(context.target, context.forge?.name),
      hasPrompts: context.hasPrompts,
      documents: documentsOf(context.workItem),
      head: context.head,
      leaves: leavesOf(stage),
      stale: roundFilesOf(stage).map(file => `${documentsOf(context.workItem)}/${file}`),
      questionsFile: stage.questions ?? null,
      objectionFile: stage.objection?.file ?? null,
      objectionTo: stage.objection?.to ?? null,
      atForge: context.forge !== null,
      feedback: context.feedback,
      decisions: decidedBefore(context),
      concerns: concernsOf(context),
    },
    agent: { ...player, model: context.models[stage.name] ?? player.model },
    policy: {
      timeLimitMs: run.timeLimit,
      graceMs: run.grace,
      permanentAttempts: run.permanentAttempts,
      transientAttempts: run.transientAttempts,
      patienceMs: run.patience,
      backoff: { baseMs: run.backoff.base, capMs: run.backoff.cap },
      silenceMs: run.silence === undefined ? player.watch.silenceMs : run.silence,
      noProgressMs: run.noProgress === undefined ? player.watch.noProgressMs : run.noProgress,
      handovers: run.handovers,
      access: run.access,
      // Later attempts may find that everything is there already; the gates say whether that is so.
      mustChange: mustChange(stage) && attempt === 1 && context.feedback === null,
    },
    budget: leftFor(context, scopesOf(pipeline, stage), budgetOf(run.budget)),
    hooks: { beforeRun: context.hooks.beforeRun, afterRun: context.hooks.afterRun },
    priority: context.priority,
  };
}
