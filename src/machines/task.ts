/**
 * A task, compiled from a pipeline. Each stage is a compound state of the same shape:
 *
 *   preparing ─▶ [merging] ─▶ affording ─▶ working ─▶ publishing ─▶ gating ─▶ deciding ─▶ the next stage
 *                                 │                                              │ an earlier stage, within a budget
 *                                 ▼                                              ▼
 *        awaitingBudget · parked · blocked         awaitingApproval · awaitingAnswer · awaitingDecision · blocked
 *                                      (a person moves it on)
 *
 * Outside the stages: created, paused, landing (what the last stage added is merged), done, cancelled, failed.
 * Gates report verdicts, verdicts are kept in the context, and guards over them decide; nothing else lets a task pass.
 */
import type { AnyStateMachine } from 'xstate';
import { nothingSpent } from '../domain/budget.ts';
import { noUsage } from '../domain/usage.ts';
import type { AgentRunInput } from './agent-run-context.ts';
import type { GateInput } from './gate.ts';
import {
  budgetOf,
  following,
  type Gate,
  judgesCode,
  leavesOf,
  mustChange,
  type Pipeline,
  roundFilesOf,
  type Stage,
} from './pipeline.ts';
import { documentsOf, gateChild, type TaskContext, type TaskInput } from './task-context.ts';
import { leftFor, taskSetup } from './task-rules.ts';
import { type StateConfig, scopesOf, spendingStates, type Transition, told, usual } from './task-spending.ts';
import type { StateWords } from './words.ts';

/** How often a lapsed verdict may lead back to its stage without a person. */
const lapsedLimit = 3;

/** The machine of a pipeline. Its id is always `task`; the pipeline is its definition. */
export function compileTask(pipeline: Pipeline): AnyStateMachine {
  const { stages } = pipeline;
  const first = stages[0]!;
  const states: Record<string, StateConfig> = {
    created: { always: toStage(first.name) },
  };
  for (const stage of stages) states[stage.name] = stageState(pipeline, stage);
  const lastMerging = stages.findLast(stage => stage.merge !== undefined);
  if (lastMerging !== undefined) {
    const gates = namesOf(stages.flatMap(stage => stage.gates));
    states.landing = mergeState(pipeline, lastMerging, {
      id: 'landing',
      gates,
      entry: [{ guard: { type: 'mayLand', params: { gates } }, target: 'waiting' }],
      refusal: 'code has changed after the merge; only documents may follow it',
      after: '#done',
    });
  }
  states.paused = {
    id: 'paused',
    initial: first.name,
    meta: says({ why: 'paused by a person; nothing starts until it is resumed', headline: 'paused' }),
    on: { 'task.cancel': cancelled },
    states: Object.fromEntries(stages.map(stage => [stage.name, pausedState(stage)])),
  };
  const removeWorktree = {
    type: 'removeWorktree',
    params: ({ context }: { context: TaskContext }) => ({
      repository: context.repository,
      worktree: context.worktree,
      taskId: context.id,
      project: context.project,
      hook: context.hooks.beforeRemove,
    }),
  };
  const end = (name: 'done' | 'cancelled' | 'failed', why: StateWords<TaskContext>['why']) => ({
    id: name,
    tags: name,
    type: 'final',
    entry: removeWorktree,
    meta: says({ why, headline: name }),
  });
  states.done = end('done', ({ merged, target }) =>
    merged === null ? 'finished' : `merged into ${target} as ${merged.commit.slice(0, 9)}`,
  );
  states.cancelled = end('cancelled', ({ endedBecause }) => endedBecause ?? 'cancelled');
  states.failed = end('failed', ({ endedBecause }) => endedBecause ?? 'failed');

  return taskSetup.createMachine({
    id: 'task',
    description: `Drives one task through the stages of the pipeline ${pipeline.name}.`,
    context: ({ input }: { input: TaskInput }) => initialContext(input, pipeline),
    initial: 'created',
    states,
    output: ({ context }: { context: TaskContext }) => ({
      merged: context.merged,
      endedBecause: context.endedBecause,
      spent: context.spent,
    }),
  } as never) as unknown as AnyStateMachine;
}

function initialContext(input: TaskInput, pipeline: Pipeline): TaskContext {
  const { actor, ...rest } = input;
  return {
    ...rest,
    id: actor.id,
    pipeline: pipeline.name,
    base: '',
    head: '',
    codeTree: '',
    hasPrompts: false,
    attempts: {},
    rework: {},
    spent: nothingSpent,
    usage: noUsage,
    stageSpent: {},
    idleSpent: nothingSpent,
    grants: {},
    models: {},
    verdicts: {},
    feedback: null,
    questions: null,
    objection: null,
    waitsFor: null,
    leaseToken: null,
    merged: null,
    endedBecause: null,
  };
}

const toStage = (stage: string) => `#${stage}`;
const says = (words: StateWords<TaskContext>) => words;
const waitsFor = ({ waitsFor: why }: TaskContext) => why ?? 'nobody has said why';
const cancelled = told('ends it; the branch stays', {
  target: '#cancelled',
  actions: { type: 'recordEnd', params: { because: 'cancelled' } },
});
const failed = told('gives it up; the branch stays', {
  target: '#failed',
  actions: { type: 'recordEnd', params: { because: 'given up' } },
});
/** A forbidden event: it is recorded as ignored and changes nothing. */
const forbidden = {};

const namesOf = (gates: readonly Gate[]) => gates.map(gate => gate.name);

function stageState(pipeline: Pipeline, stage: Stage): StateConfig {
  const machineGates = namesOf(stage.gates.filter(gate => gate.kind !== 'approval'));
  const approvals = namesOf(stage.gates.filter(gate => gate.kind === 'approval'));
  const next = following(pipeline, stage);
  // Before the end every gate counts, however the task came here.
  const gates = namesOf(next === 'done' ? pipeline.stages.flatMap(({ gates: own }) => own) : stage.gates);
  const isMerging = pipeline.stages.some(({ merge }) => merge !== undefined);
  const onward = next !== 'done' ? toStage(next) : isMerging ? '#landing' : '#done';
  const personal = personalEvents(pipeline, stage);
  const blockedBecause = (why: string): Transition => ({
    target: `#${stage.name}.blocked`,
    actions: { type: 'wait', params: { why, gates: [] } },
  });

  return {
    id: stage.name,
    initial: 'preparing',
    on: {
      'task.cancel': cancelled,
      'task.pause': told('holds it until somebody resumes it', { target: `#paused.${stage.name}` }),
    },
    states: {
      last: { type: 'history', history: 'shallow' },
      preparing: {
        meta: says({ why: 'the worktree is made ready', headline: `${stage.name} begins` }),
        // Not on leaving `blocked`: a task that is paused there still knows why it waits when it is resumed.
        entry: 'stopWaiting',
        invoke: {
          id: 'prepare',
          src: 'prepare',
          input: ({ context }: { context: TaskContext }) => ({
            ...placeOf(context),
            base: context.base,
            head: context.head,
            stale: roundFilesOf(stage),
            hook: context.hooks.afterCreate,
          }),
          onDone: { target: stage.merge === undefined ? 'affording' : 'merging', actions: 'recordPrepared' },
          onError: blockedBecause('the worktree could not be prepared'),
        },
      },
      ...(stage.merge !== undefined && {
        merging: mergeState(pipeline, stage, {
          id: `${stage.name}.merging`,
          ...beforeMerge(pipeline, stage),
          after: `#${stage.name}.affording`,
        }),
      }),
      ...spendingStates(pipeline, stage, personal, blockedBecause),
      working: workingState(pipeline, stage, blockedBecause),
      publishing: {
        meta: says({ why: "the agent's work is committed" }),
        invoke: {
          id: 'publish',
          src: 'publish',
          input: ({ context }: { context: TaskContext }) => ({
            ...placeOf(context),
            role: stage.role,
            stage: stage.name,
            title: context.title,
            questions: stage.questions ?? null,
            objection: stage.objection?.file ?? null,
          }),
          onDone: { target: 'gating', actions: 'recordPublished' },
          onError: blockedBecause("the agent's work could not be committed"),
        },
      },
      gating: gatingState(stage, blockedBecause),
      deciding: { always: decisions(stage, { gates, machineGates, approvals, onward }) },
      ...(approvals.length > 0 && {
        awaitingApproval: {
          tags: ['person', 'approval'],
          meta: says({ why: waitsFor, headline: `${stage.name} waits for a person's approval` }),
          entry: { type: 'wait', params: { why: `a person has to approve ${stage.name}`, gates: [] } },
          exit: 'stopWaiting',
          on: {
            ...personal,
            'task.reject': usual('sends it back with the reason', personal['task.reject'] as Transition),
            'task.approve': usual('goes on to the next stage', {
              target: 'deciding',
              actions: { type: 'recordPersonsWord', params: { stage: stage.name, gates: approvals } },
            }),
          },
        },
      }),
      ...(stage.questions !== undefined && {
        awaitingAnswer: {
          tags: ['person', 'answer'],
          meta: says({ why: waitsFor, headline: `${stage.name} asks a person` }),
          entry: 'waitForAnswer',
          exit: 'stopWaiting',
          on: {
            ...personal,
            'task.answer': usual('gives the agent the answer and runs it again', {
              target: 'preparing',
              actions: ['recordAnswer', 'clearRework'],
            }),
          },
        },
      }),
      awaitingDecision: {
        tags: ['person', 'decision'],
        meta: says({ why: waitsFor, headline: `${stage.name} waits for a person's decision` }),
        entry: { type: 'wait', params: { why: `${stage.name} needs a person's decision`, gates: machineGates } },
        exit: 'stopWaiting',
        on: {
          ...personal,
          'task.retry': usual('runs the stage again', personal['task.retry'] as Transition),
          'task.reject': usual('sends it back with the reason', personal['task.reject'] as Transition),
          'task.approve': usual('passes gates that could not be judged, by your word', {
            guard: { type: 'isOnlyInconclusive', params: { gates: machineGates } },
            target: 'deciding',
            actions: { type: 'recordPersonsWord', params: { stage: stage.name, gates: machineGates } },
          }),
        },
      },
      blocked: blockedState(personal),
    },
  };
}

/** Every gate that is no person's is an actor of its own; they are judged one after another. */
function gatingState(stage: Stage, blockedBecause: (why: string) => Transition): StateConfig {
  const gates = stage.gates.filter(({ kind }) => kind !== 'approval');
  const [first] = gates;
  if (first === undefined) return { always: { target: 'deciding' } };
  const headline = `${stage.name}: the gates are judged`;
  return {
    entry: { type: 'forgetVerdicts', params: { gates: namesOf(stage.gates) } },
    meta: says({ why: 'the gates are judged', headline }),
    initial: first.name,
    states: Object.fromEntries(
      gates.map((gate, index) => {
        const next = gates[index + 1]?.name ?? `#${stage.name}.deciding`;
        return [gate.name, gateState(stage, gate, next, blockedBecause)];
      }),
    ),
  };
}

function gateState(stage: Stage, gate: Gate, next: string, blockedBecause: (why: string) => Transition): StateConfig {
  return {
    meta: says({ why: ({ waitsFor: why }) => why ?? `the gate ${gate.name} is judged` }),
    exit: 'stopWaiting',
    on: { 'gate.waits': { actions: 'recordWaiting' } },
    invoke: {
      id: gateChild(gate.name),
      src: 'gate',
      input: ({ context }: { context: TaskContext }): GateInput => ({
        taskId: context.id,
        gate,
        deadlineMs: null,
        lookAgainMs: 0,
        // Tests are what the agent has made of them.
        place: { ...placeOf(context), sandbox: playerOf(context, stage).sandbox },
      }),
      onDone: { target: next, actions: { type: 'recordVerdict', params: { stage: stage.name } } },
      onError: blockedBecause(`the gate ${gate.name} could not be judged`),
    },
  };
}

/** What a person mends first, and then lets go on. */
function blockedState(personal: StateConfig): StateConfig {
  return {
    tags: 'blocked',
    meta: says({ why: waitsFor, headline: 'blocked' }),
    on: {
      ...personal,
      'task.retry': usual('tries again from here', personal['task.retry'] as Transition),
      'task.move': (personal['task.move'] as Transition[]).map(move => usual('goes on from another stage', move)),
      'task.cancel': usual('ends it; the branch stays', cancelled),
    },
  };
}

/** What a person may do wherever a stage waits for one. */
function personalEvents(pipeline: Pipeline, stage: Stage, retry = `#${stage.name}.preparing`): StateConfig {
  const index = pipeline.stages.indexOf(stage);
  const before = pipeline.stages[Math.max(0, index - 1)]!;
  return {
    'task.retry': told('runs the stage again', { target: retry, actions: ['renewAgents', 'clearRework'] }),
    'task.reject': told(`sends it back to ${before.name} with the reason`, {
      target: toStage(before.name),
      reenter: true,
      actions: ['recordRejection', 'clearRework'],
    }),
    'task.fail': failed,
    'task.move': pipeline.stages.map(({ name }) =>
      told('goes on from another stage; gates are not passed by it', {
        guard: { type: 'isMoveTo', params: { stage: name } },
        target: toStage(name),
        reenter: true,
        actions: 'clearRework',
      }),
    ),
  };
}

function workingState(pipeline: Pipeline, stage: Stage, blockedBecause: (why: string) => Transition): StateConfig {
  const ended = `xstate.done.actor.${stage.name}`;
  const brokeDown = `xstate.error.actor.${stage.name}`;
  const before = pipeline.stages[Math.max(0, pipeline.stages.indexOf(stage) - 1)]!;
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
          'task.reject': told(`stops the agent and sends it back to ${before.name} with the reason`, {
            target: 'rejecting',
            actions: 'recordRejection',
          }),
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

interface StageGates {
  gates: string[];
  machineGates: string[];
  approvals: string[];
  onward: string;
}

/** The rules of a stage in the order in which they are asked. */
function decisions(stage: Stage, { gates, machineGates, approvals, onward }: StageGates): Transition[] {
  const rules: Transition[] = [];
  const { objection, rework } = stage;
  if (objection !== undefined) {
    const budget = `${stage.name}.objection`;
    rules.push({
      guard: { type: 'hasObjectionAndReworkLeft', params: { budget, limit: objection.limit } },
      target: toStage(objection.to),
      reenter: true,
      actions: [
        { type: 'recordObjection', params: { stage: stage.name } },
        { type: 'countRework', params: { budget } },
      ],
    });
    rules.push({ guard: 'hasObjection', target: 'awaitingDecision' });
  }
  if (stage.questions !== undefined) rules.push({ guard: 'hasQuestions', target: 'awaitingAnswer' });
  if (rework.limit > 0) {
    rules.push({
      guard: {
        type: 'hasFailedAndReworkLeft',
        params: { gates: machineGates, budget: stage.name, limit: rework.limit },
      },
      target: toStage(rework.to ?? stage.name),
      reenter: true,
      actions: [
        { type: 'recordFindings', params: { stage: stage.name, gates: machineGates } },
        { type: 'countRework', params: { budget: stage.name } },
      ],
    });
  }
  const why = `${stage.name} was refused${rework.limit > 0 ? ` more than ${rework.limit} times` : ''}`;
  rules.push({
    guard: { type: 'hasFailed', params: { gates: machineGates } },
    ...(rework.otherwise === 'blocked'
      ? { target: 'blocked', actions: { type: 'wait', params: { why, gates: machineGates } } }
      : { target: 'awaitingDecision' }),
  });
  rules.push({ guard: { type: 'isInconclusive', params: { gates: machineGates } }, target: 'awaitingDecision' });
  if (approvals.length > 0) {
    rules.push({ guard: { type: 'lacksApproval', params: { gates: approvals } }, target: 'awaitingApproval' });
  }
  rules.push({ guard: { type: 'arePassed', params: { gates } }, target: onward, actions: 'clearIdleness' });
  rules.push({
    target: 'blocked',
    actions: { type: 'wait', params: { why: 'a gate gave no verdict', gates } },
  });
  return rules;
}

interface MergePlace {
  /** The path of this state, as transitions name it: `deploy.merging` or `landing`. */
  id: string;
  /** Every gate that has to be passed. */
  gates: string[];
  /** The ways in, asked in this order; none of them leads to `waiting` unless all is well. */
  entry: Transition[];
  /** Said when there is no way in. */
  refusal: string;
  after: string;
}

/** What has to be true before code is merged: every gate so far is passed, and for the code as it is now. */
function beforeMerge(pipeline: Pipeline, stage: Stage): Pick<MergePlace, 'gates' | 'entry' | 'refusal'> {
  const earlier = pipeline.stages.slice(0, pipeline.stages.indexOf(stage)).flatMap(({ gates }) => gates);
  const bound = earlier.filter(judgesCode);
  const lapsed = bound.map((gate): Transition => {
    const owner = pipeline.stages.find(({ gates }) => gates.includes(gate))!;
    // A verdict that an agent writes needs the agent again; a command is simply run again.
    const needsAgent = owner.gates.some(({ kind }) => kind === 'verdict');
    const budget = `${gate.name}.lapsed`;
    return {
      guard: { type: 'hasLapsedAndReworkLeft', params: { gate: gate.name, budget, limit: lapsedLimit } },
      target: needsAgent ? toStage(owner.name) : `#${owner.name}.gating`,
      actions: { type: 'countRework', params: { budget } },
    };
  });
  const gates = namesOf(earlier);
  const enter = { guard: { type: 'mayMerge', params: { gates, bound: namesOf(bound) } }, target: 'waiting' };
  // Coming back to the stage after the merge: there is nothing left to merge, and the verdicts were for other code.
  const again = { guard: { type: 'mayLand', params: { gates } }, target: `#${stage.name}.affording` };
  return {
    gates,
    entry: [again, ...lapsed, enter],
    refusal: 'not every gate is passed for the code as it is now',
  };
}

/** Merging into the target: is it allowed, is it our turn, then the merge itself. */
function mergeState(pipeline: Pipeline, stage: Stage, place: MergePlace): StateConfig {
  const { id, gates, entry, refusal, after } = place;
  const { onConflict, limit } = stage.merge!;
  const isLanding = !id.includes('.');
  const landing = ({ workItem, target }: TaskContext) => `what ${workItem} added last is merged into ${target}`;
  const blockedBecause = (why: string): Transition => ({
    target: `#${id}.blocked`,
    actions: { type: 'wait', params: { why, gates } },
  });
  return {
    ...(isLanding && { id }),
    initial: 'checking',
    states: {
      checking: { always: [...entry, blockedBecause(refusal)] },
      waiting: {
        tags: 'lease',
        meta: says({
          why: isLanding ? landing : ({ target }) => `waits for its turn to merge into ${target}`,
        }),
        entry: 'requestLease',
        on: {
          'lease.granted': { target: 'writing', actions: 'rememberToken' },
          'task.cancel': { ...cancelled, actions: ['releaseLease', cancelled.actions] },
          'task.pause': told('holds it until somebody resumes it', {
            target: `#paused.${stage.name}`,
            actions: 'releaseLease',
          }),
        },
      },
      writing: {
        meta: says({
          why: isLanding ? landing : ({ target }) => `merging into ${target}`,
          headline: isLanding ? 'the last documents are merged' : 'merging',
        }),
        exit: 'releaseLease',
        // A merge is never left half way: it ends one way or the other, and soon.
        on: { 'task.cancel': forbidden, 'task.pause': forbidden },
        invoke: {
          id: 'merge',
          src: 'merge',
          input: ({ context }: { context: TaskContext }) => ({
            ...placeOf(context),
            head: context.head,
            title: context.title,
            token: context.leaseToken,
          }),
          onDone: [
            { guard: 'isMerged', target: after, actions: 'recordMerge' },
            {
              guard: { type: 'hasConflictAndReworkLeft', params: { budget: `${id}.conflict`, limit } },
              target: toStage(onConflict),
              actions: ['recordConflict', { type: 'countRework', params: { budget: `${id}.conflict` } }],
            },
            blockedBecause('the branch conflicts with its target again and again'),
          ],
          onError: blockedBecause('the branch could not be merged'),
        },
      },
      blocked: blockedState(personalEvents(pipeline, stage, `#${id}.checking`)),
    },
  };
}

function pausedState(stage: Stage): StateConfig {
  return {
    initial: 'held',
    states: {
      held: heldAt(`#${stage.name}.last`),
      // The agent finished after the pause began: its work is published, not done again.
      overspent: heldAt(`#${stage.name}.overspent`),
      finished: heldAt(`#${stage.name}.publishing`),
    },
  };
}

const heldAt = (target: string): StateConfig => ({
  tags: 'paused',
  on: { 'task.resume': usual('goes on where it stopped', { target }) },
});

/** Where the work of a task lies. */
function placeOf(context: TaskContext) {
  const { id, project, repository, worktree, branch, target, workItem } = context;
  return { taskId: id, project, repository, worktree, branch, target, workItem };
}

/** Who plays the role of a stage. */
const playerOf = ({ agents, agent }: TaskContext, { role }: Stage) => agents[role] ?? agent;

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
      target: context.target,
      hasPrompts: context.hasPrompts,
      documents: documentsOf(context.workItem),
      head: context.head,
      leaves: leavesOf(stage),
      stale: roundFilesOf(stage).map(file => `${documentsOf(context.workItem)}/${file}`),
      questionsFile: stage.questions ?? null,
      objectionFile: stage.objection?.file ?? null,
      objectionTo: stage.objection?.to ?? null,
      feedback: context.feedback,
    },
    agent: { ...player, model: context.models[stage.name] ?? player.model },
    policy: {
      timeLimitMs: run.timeLimit,
      graceMs: run.grace,
      permanentAttempts: run.permanentAttempts,
      transientAttempts: run.transientAttempts,
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
