/** The events and payloads by which the machines of ours are explored. */
import type { AnyStateMachine } from 'xstate';
import { type Pipeline, pipelineSchema } from '../../src/machines/pipeline.ts';
import type { ModelEvent, ModelOptions } from './paths.ts';

/** A pipeline with everything that a stage can have, and budgets of one so that their ends are near. */
export const smallPipeline: Pipeline = pipelineSchema.parse({
  name: 'small',
  stages: [
    {
      name: 'plan',
      role: 'planner',
      questions: 'questions.md',
      gates: [
        { kind: 'artifacts', name: 'documents', files: ['plan.md'] },
        { kind: 'approval', name: 'approval' },
      ],
      rework: { limit: 0 },
    },
    {
      name: 'build',
      role: 'builder',
      objection: { file: 'objection.md', to: 'plan', limit: 1 },
      gates: [{ kind: 'command', name: 'tests' }],
      rework: { limit: 1, otherwise: 'blocked' },
    },
    {
      name: 'ship',
      role: 'shipper',
      merge: { onConflict: 'build', limit: 1 },
      gates: [{ kind: 'verdict', name: 'shipped', file: 'ship.md', pass: ['YES'], fail: ['NO'] }],
      rework: { limit: 0 },
    },
  ],
});

const report = (gate: string, verdict: string) => ({ gate, verdict, detail: `${gate} says ${verdict}` });
const judged = (reports: object[], more: object = {}): ModelEvent => ({
  type: 'xstate.done.actor.gates',
  output: { reports, questions: null, objection: null, ...more },
});
const failure = (child: string): ModelEvent => ({
  type: `xstate.error.actor.${child}`,
  error: { name: 'Error', message: `${child} failed` },
});
const runEnded = (stage: string, outcome: string): ModelEvent => ({
  type: `xstate.done.actor.${stage}`,
  output: { outcome, reason: outcome, attempts: 1, workedMs: 10 },
});

/** Deadlines of a machine as events. */
export function deadlinesOf(machine: AnyStateMachine): ModelEvent[] {
  const walk = (node: AnyStateMachine['root']): string[] => [
    ...node.after.map(({ eventType }) => eventType as string),
    ...Object.values(node.states).flatMap(child => walk(child as never)),
  ];
  return [...new Set(walk(machine.root))].map(type => ({ type }));
}

export function taskModel(_machine: AnyStateMachine): ModelOptions {
  const gates = ['documents', 'tests', 'shipped'];
  return {
    input: {
      title: 'a task',
      body: '',
      project: 'p',
      repository: '/r',
      target: 'main',
      branch: 'feature/x',
      workItem: 'x',
      worktree: '/w',
      priority: 5,
      agent: { name: 'a', command: ['a'], env: [] },
      mergeQueue: 'merge:r',
      actor: { id: 'x', parentId: null, at: 0 },
    },
    events: [
      { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } },
      failure('prepare'),
      { type: 'xstate.done.actor.publish', output: { head: 'h', codeTree: 'tree' } },
      { type: 'xstate.done.actor.publish', output: { head: 'h', codeTree: 'other tree' } },
      failure('publish'),
      ...gates.flatMap(gate => ['pass', 'fail', 'inconclusive'].map(word => judged([report(gate, word)]))),
      judged([]),
      judged([report('documents', 'pass')], { questions: 'Which?' }),
      judged([report('tests', 'pass')], { objection: 'No.' }),
      failure('gates'),
      ...['plan', 'build', 'ship'].flatMap(stage => [
        runEnded(stage, 'succeeded'),
        runEnded(stage, 'permanent'),
        failure(stage),
      ]),
      { type: 'lease.granted', token: 1 },
      { type: 'xstate.done.actor.merge', output: { result: 'merged', commit: 'c', codeTree: 'tree' } },
      { type: 'xstate.done.actor.merge', output: { result: 'conflict', detail: 'file' } },
      failure('merge'),
      ...['task.approve', 'task.retry', 'task.pause', 'task.resume', 'task.cancel'].map(type => ({ type, by: 'me' })),
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.answer', text: 'this', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...['plan', 'build', 'ship'].map(stage => ({ type: 'task.move', stage, by: 'me' })),
    ],
    isPossible(state, event) {
      const stage = state.split('.')[0] ?? '';
      const reports = (event.output as { reports?: { gate: string }[] } | undefined)?.reports ?? [];
      if (reports.some(({ gate }) => gate !== gateOf[stage])) return false;
      // Only where code is written does the tree change.
      return (event.output as { codeTree?: string } | undefined)?.codeTree !== 'other tree' || stage !== 'plan';
    },
    project(context, state) {
      const { verdicts, codeTree, rework, questions, objection, merged } = context as {
        verdicts: Record<string, { verdict: string; codeTree: string }>;
        codeTree: string;
        rework: Record<string, number>;
        questions: unknown;
        objection: unknown;
        merged: { codeTree: string } | null;
      };
      const own = gateOf[state.split('.')[0] ?? ''] ?? '';
      return [
        // Of other stages only a pass counts, and whether it still holds.
        Object.entries(verdicts)
          .filter(([gate, { verdict }]) => gate === own || verdict === 'pass')
          .map(([gate, { verdict, codeTree: tree }]) => `${gate} ${verdict} ${gate !== 'tests' || tree === codeTree}`)
          .sort(),
        Object.values(rework).some(count => count > 0),
        ...['build.objection', 'ship.merging.conflict'].map(budget => (rework[budget] ?? 0) > 0),
        questions !== null,
        objection !== null,
        merged !== null && merged.codeTree === codeTree,
      ];
    },
  };
}

const gateOf: Record<string, string> = { plan: 'documents', build: 'tests', ship: 'shipped' };

export const agentRunInput = {
  assignment: {
    taskId: 'x',
    workItem: 'x',
    title: 'a task',
    body: '',
    stage: 'build',
    role: 'builder',
    attempt: 1,
    worktree: '/w',
    repository: '/r',
    branch: 'feature/x',
    documents: 'docs',
    head: 'h',
    leaves: [],
    feedback: null,
  },
  agent: { name: 'a', command: ['a'], env: [] },
  policy: {
    timeLimitMs: 1_000,
    graceMs: 100,
    permanentAttempts: 2,
    transientAttempts: 2,
    backoff: { baseMs: 10, capMs: 100 },
  },
  project: 'p',
  priority: 5,
  actor: { id: 'run', parentId: null, at: 0 },
};

const exited = (code: number | null, signal: string | null = null): ModelEvent => ({
  type: 'agent.exited',
  code,
  signal,
  jitter: 0.5,
});

export const agentRunModel: ModelOptions = {
  input: agentRunInput,
  events: [
    { type: 'run.start' },
    ...['killed', 'cancelled', 'interrupted'].map(cause => ({ type: 'run.stop', cause, by: 'me' })),
    { type: 'agent.started', pid: 42 },
    exited(0),
    exited(1),
    exited(75),
    exited(null, 'SIGKILL'),
    exited(null),
    { type: 'agent.failed', error: { message: 'no such file' } },
    failure('agent'),
    { type: 'xstate.done.actor.checkpoint', output: { commit: null } },
    failure('checkpoint'),
    { type: 'xstate.done.actor.keep', output: { commit: null } },
    failure('keep'),
    after('timeLimit.agentRun.working.running'),
    ...['checkpointLimit.agentRun.working.stopping.checkpointing', 'grace.agentRun.working.stopping.terminating'].map(
      after,
    ),
    after('backoff.agentRun.backoff'),
  ],
  project: context => [context.outcome, context.stopCause, context.transientFailures, context.permanentFailures],
};

function after(delay: string): ModelEvent {
  return { type: `xstate.after.${delay}` };
}

const ofRun = (type: string, runId: string): ModelEvent => ({ type, runId });

export const breakerModel: ModelOptions = {
  input: { provider: 'a', failureLimit: 2, cooldownMs: 1_000 },
  events: [
    ...['one', 'two'].flatMap(runId =>
      ['run.requested', 'run.succeeded', 'run.failed', 'run.answered', 'run.released'].map(type => ofRun(type, runId)),
    ),
    { type: 'breaker.reset', by: 'me' },
    after('cooldown.breaker.open'),
  ],
  project: context => [context.failureCount, context.probeRunId],
};

const requested = (runId: string, priority: number): ModelEvent => ({
  type: 'run.requested',
  runId,
  taskId: runId,
  project: 'p',
  stage: 's',
  provider: 'a',
  priority,
});

export const workerModel: ModelOptions = {
  input: { limits: { total: 1, perProject: 2, perStage: 2, perProvider: 2 } },
  events: [
    requested('one', 5),
    requested('two', 1),
    ...['one', 'two'].flatMap(runId => ['run.admitted', 'run.refused', 'run.ended'].map(type => ofRun(type, runId))),
    { type: 'breaker.changed', provider: 'a' },
    { type: 'worker.drain', by: 'me' },
    { type: 'worker.resume', by: 'me' },
    { type: 'worker.shutdown' },
    { type: 'worker.started' },
    { type: 'worker.limit', limits: { total: 1, perProject: 2, perStage: 2, perProvider: 2 } },
  ],
  project: context => {
    const names = (key: string) =>
      (context[key] as { runId: string; isHeld: boolean }[]).map(run => [run.runId, run.isHeld]);
    return [names('queue'), names('asked'), names('running')];
  },
};

export const mergeQueueModel: ModelOptions = {
  input: { resource: 'r' },
  events: [
    ...['a', 'b'].flatMap(holder => ['lease.requested', 'lease.released'].map(type => ({ type, holder }))),
    { type: 'lease.revoked', by: 'me' },
  ],
  project: context => [context.holder, context.waiting],
};
