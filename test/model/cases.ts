/** The events and payloads by which the machines of ours are explored. */
import type { AnyStateMachine } from 'xstate';
import { plainAgent } from '../../src/domain/agent-spec.ts';
import { noBudget, nothingSpent } from '../../src/domain/budget.ts';
import { noHooks } from '../../src/domain/hook.ts';
import { type AgentEnd, type AgentReport, endOf } from '../../src/domain/outcome.ts';
import { noUsage } from '../../src/domain/usage.ts';
import type { DeliveryOutcome } from '../../src/machines/delivery.ts';
import { gateMachine } from '../../src/machines/gate.ts';
import { type Pipeline, pipelineSchema } from '../../src/machines/pipeline.ts';
import { reconcilerMachine } from '../../src/machines/reconciler.ts';
import { usualLimits } from '../../src/machines/worker-context.ts';
import type { ModelEvent, ModelOptions } from './paths.ts';

/** A pipeline with everything that a stage can have, and budgets of one so that their ends are near. */
export const smallPipeline: Pipeline = pipelineSchema.parse({
  name: 'small',
  budget: { sessions: 6, atLimit: 'park' },
  velocity: { sessions: 3 },
  forgeTries: 1,
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
      budget: { tokens: 100, atLimit: { model: 'cheap', afterwards: 'person' } },
      rework: { limit: 1, otherwise: 'blocked' },
    },
    {
      name: 'ship',
      role: 'shipper',
      merge: { onConflict: 'build', limit: 1 },
      gates: [{ kind: 'verdict', name: 'shipped', file: 'ship.md', pass: ['YES'], fail: ['NO'] }],
      rework: { limit: 1 },
    },
  ],
});

export const judged = (gate: string, verdict: string): ModelEvent => ({
  type: `xstate.done.actor.gate-${gate}`,
  output: { gate, verdict, detail: `${gate} says ${verdict}` },
});
/** What an agent has left is committed; `more` is what it says by files of its own. */
export const published = (codeTree: string, more: object = {}): ModelEvent => ({
  type: 'xstate.done.actor.publish',
  output: { head: 'h', codeTree, questions: null, objection: null, ...more },
});
/** What is to be brought into the branch before it is merged. */
const updated = (output: object): ModelEvent => ({ type: 'xstate.done.actor.update', output });
export const failure = (child: string): ModelEvent => ({
  type: `xstate.error.actor.${child}`,
  error: { name: 'Error', message: `${child} failed` },
});
/** A run that used tokens, or none; `attempts` are sessions. */
const runEnded = (stage: string, outcome: string, { tokens = 0, attempts = 1, said = '' } = {}): ModelEvent => ({
  type: `xstate.done.actor.${stage}`,
  output: { outcome, reason: outcome, attempts, workedMs: 10, usage: { ...noUsage, outputTokens: tokens }, said },
});

/** What goes well, as events. */
const readied: ModelEvent = { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } };
const pushed: ModelEvent = {
  type: 'xstate.done.actor.push',
  output: { result: 'pushed', pullRequest: { number: 7, url: 'u' } },
};
const landed: ModelEvent = {
  type: 'xstate.done.actor.merge',
  output: { result: 'merged', commit: 'c', codeTree: 'tree' },
};
/** What a person says without a word more. */
const byMe: ModelEvent[] = ['task.approve', 'task.retry', 'task.pause', 'task.resume', 'task.cancel'].map(type => ({
  type,
  by: 'me',
}));
const home = { name: 'home', repository: 'acme/shop' };

/** Deadlines of a machine as events. */
export function deadlinesOf(machine: AnyStateMachine): ModelEvent[] {
  const walk = (node: AnyStateMachine['root']): string[] => [
    ...node.after.map(({ eventType }) => eventType as string),
    ...Object.values(node.states).flatMap(child => walk(child as never)),
  ];
  return [...new Set(walk(machine.root))].map(type => ({ type }));
}

/** What a task of a person begins with. */
export const taskInput = {
  title: 'a task',
  body: '',
  project: 'p',
  repository: '/r',
  target: 'main',
  branch: 'feature/x',
  workItem: 'x',
  worktree: '/w',
  priority: 5,
  agent: plainAgent('a', ['a']),
  agents: {},
  hooks: noHooks,
  mergeQueue: 'merge:r',
  forge: null,
  source: null,
};

export function taskModel(_machine: AnyStateMachine): ModelOptions {
  const gates = ['documents', 'tests', 'shipped'];
  return {
    input: { ...taskInput, actor: { id: 'x', parentId: null, at: 0 } },
    events: [
      readied,
      failure('prepare'),
      published('tree'),
      published('other tree'),
      published('tree', { questions: 'Which?' }),
      published('tree', { objection: 'No.' }),
      failure('publish'),
      ...gates.flatMap(gate => ['pass', 'fail', 'inconclusive'].map(word => judged(gate, word))),
      ...gates.map(gate => failure(`gate-${gate}`)),
      // One that answers for another has given no verdict of its own.
      ...gates.map(gate => ({ ...judged('other', 'fail'), type: judged(gate, 'pass').type })),
      { type: 'gate.waits', gate: 'tests', why: 'a build runs' },
      ...['plan', 'build', 'ship'].flatMap(stage => [
        runEnded(stage, 'succeeded'),
        runEnded(stage, 'permanent'),
        runEnded(stage, 'budget', { tokens: 120 }),
        runEnded(stage, 'succeeded', { attempts: 3 }),
        failure(stage),
      ]),
      { type: 'lease.granted', token: 1 },
      updated({ result: 'current' }),
      updated({ result: 'conflict', detail: 'file' }),
      landed,
      failure('merge'),
      ...byMe,
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.answer', text: 'this', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...['plan', 'build', 'ship'].map(stage => ({ type: 'task.move', stage, by: 'me' })),
      ...forAnother(['plan']),
    ],
    isPossible(state, event) {
      const stage = state.split('.')[0] ?? '';
      const { questions, objection } = (event.output ?? {}) as { questions?: unknown; objection?: unknown };
      // Only a stage that may ask or object is looked at for that.
      if (questions && stage !== 'plan') return false;
      if (objection && stage !== 'build') return false;
      // Only where code is written does the tree change.
      return (event.output as { codeTree?: string } | undefined)?.codeTree !== 'other tree' || stage !== 'plan';
    },
    project(context, state) {
      const { verdicts, codeTree, rework, questions, objection, merged, spent, idleSpent, stageSpent, grants, models } =
        context as {
          spent: { sessions: number };
          idleSpent: { sessions: number };
          stageSpent: Record<string, { tokens: number }>;
          grants: Record<string, number>;
          models: Record<string, string>;
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
        // Any one of the budgets is used up, or none.
        (stageSpent.build?.tokens ?? 0) >= 100 * (1 + (grants.build ?? 0))
          ? 'stage'
          : spent.sessions >= 6 * (1 + (grants.task ?? 0))
            ? 'task'
            : idleSpent.sessions >= 3 && 'velocity',
        models.build !== undefined,
      ];
    },
  };
}

/** Everything that may become of a task before its first stage, and questions that somebody answers who means another. */
export function waitingModel(machine: AnyStateMachine): ModelOptions {
  const looked = (open: object[], forEver: string | null): ModelEvent => ({
    type: 'xstate.done.actor.blockers',
    output: { open, forEver },
  });
  const blocker = { name: 'b', task: 'b', item: null };
  return {
    input: { ...taskInput, blockedBy: [blocker], actor: { id: 'x', parentId: null, at: 0 } },
    events: [
      looked([], null),
      looked([{ name: 'b', task: 'b', how: 'build' }], null),
      looked([], 'they wait for each other'),
      failure('blockers'),
      { type: 'blocker.changed' },
      { type: 'task.awaited', by: 'y' },
      { type: 'item.shown', comment: 'c', question: null },
      { type: 'work.described', title: 'other', body: 'words', by: 'plan' },
      ...['task.approve', 'task.retry', 'task.cancel'].map(type => ({ type, by: 'me' })),
      ...['task.approve', 'task.retry'].map(type => ({ type, by: 'me', question: 99 })),
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...deadlinesOf(machine),
    ],
    isPossible: state => /^(?:created|waiting)/.test(state),
    project: context => [(context as { title: string }).title],
  };
}

/** Agents that leave nothing but a question, and whatever people may make of it. */
export function askingModel(_machine: AnyStateMachine, stages: Record<string, string>): ModelOptions {
  const names = Object.keys(stages);
  const gates = Object.values(stages).flatMap(list => list.split(' '));
  return {
    input: {
      ...taskInput,
      forge: home,
      actor: { id: 'x', parentId: null, at: 0 },
    },
    events: [
      readied,
      published('tree'),
      // Nothing has come after the merge.
      published('tree', { head: 'c' }),
      pushed,
      ...gates.flatMap(gate => ['pass', 'fail'].map(word => judged(gate, word))),
      ...names.map(stage => runEnded(stage, 'succeeded', { said: 'I wonder. **Which?**' })),
      { type: 'lease.granted', token: 1 },
      updated({ result: 'current' }),
      landed,
      ...byMe,
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.answer', text: 'this', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...names.map(stage => ({ type: 'task.move', stage, by: 'me' })),
      ...forAnother(names.slice(0, 1)),
    ],
    isPossible: (state, { type }) =>
      !/^task\.(?!approve)/.test(type) ||
      /awaitingAnswer$/.test(state) ||
      (type === 'task.resume' && /paused/.test(state)),
    project(context) {
      const { verdicts, questions, said } = context as {
        verdicts: Record<string, { verdict: string }>;
        questions: unknown;
        said: string | null;
      };
      return [
        Boolean(said),
        Object.values(verdicts).map(({ verdict }) => verdict),
        Object.keys(verdicts).sort(),
        questions !== null,
      ];
    },
  };
}

/** What becomes of a branch whose target has moved on: all went well before. */
export function mergingModel(machine: AnyStateMachine, stages: Record<string, string>): ModelOptions {
  const names = Object.keys(stages);
  const gates = Object.values(stages).flatMap(list => list.split(' '));
  const again = gates.filter(gate => /^(?:tests|ci|people)$/.test(gate));
  const isMerging = (state: string) => /merging|landing/.test(state);
  return {
    input: {
      ...taskInput,
      forge: home,
      actor: { id: 'x', parentId: null, at: 0 },
    },
    events: [
      readied,
      published('tree'),
      pushed,
      ...gates.map(gate => judged(gate, 'pass')),
      ...again.flatMap(gate => ['fail', 'inconclusive'].map(word => judged(gate, word))),
      ...again.map(gate => failure(`gate-${gate}`)),
      { type: 'gate.waits', gate: again[0], why: 'a build runs' },
      ...['ci.succeeded', 'ci.failed', 'ci.pending'].map(type => ({ type, sha: 'u' })),
      ...reviewNews.map(type => ({ type, number: 7, sha: 'u' })),
      ...names.map(stage => runEnded(stage, 'succeeded')),
      { type: 'lease.granted', token: 1 },
      updated({ result: 'current' }),
      updated({ result: 'updated', head: 'u', codeTree: 'updated tree', isOnlyDocuments: false }),
      updated({ result: 'updated', head: 'u', codeTree: 'target tree', isOnlyDocuments: true }),
      updated({ result: 'conflict', detail: 'file' }),
      away('update'),
      refused('update'),
      failure('update'),
      landed,
      { type: 'xstate.done.actor.merge', output: { result: 'moved' } },
      away('merge'),
      ...byMe,
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...names.map(stage => ({ type: 'task.move', stage, by: 'me' })),
      ...forAnother(names),
      ...deadlinesOf(machine),
    ],
    isPossible(state, { type, output }) {
      if (isMerging(state)) return true;
      const { verdict = 'pass' } = (output ?? {}) as { verdict?: string };
      // Before the merge all goes well.
      return verdict === 'pass' && !/^(?:xstate\.error|gate\.waits|ci|review|pullRequest|task\.(?!approve))/.test(type);
    },
    project(context) {
      const { rework, verdicts, codeTree, merged } = context as {
        rework: Record<string, number>;
        verdicts: Record<string, { verdict: string; codeTree: string }>;
        codeTree: string;
        merged: { codeTree: string } | null;
      };
      return [
        Object.entries(verdicts)
          .map(([gate, { verdict, codeTree: tree }]) => `${gate} ${verdict} ${tree === codeTree}`)
          .sort(),
        ['ship.merging.conflict', 'landing.conflict'].map(budget => (rework[budget] ?? 0) > 0),
        Math.max(rework['ship.merging.moved'] ?? 0, rework['landing.moved'] ?? 0),
        (rework['forge.away'] ?? 0) > 0,
        merged !== null && merged.codeTree === codeTree,
      ];
    },
  };
}

const reviewNews = [
  ...['review.approved', 'review.changesRequested', 'review.commented', 'review.dismissed', 'pullRequest.updated'],
  ...['pullRequest.closed', 'pullRequest.reopened', 'pullRequest.merged'],
];

/** What becomes of work that cannot be committed, in every stage; all else goes well. */
export function publishingModel(_machine: AnyStateMachine, stages: Record<string, string>): ModelOptions {
  const names = Object.keys(stages);
  const gates = Object.values(stages).flatMap(list => list.split(' '));
  const unpublished = (isAdrift: boolean): ModelEvent => ({
    type: 'xstate.done.actor.publish',
    output: { result: 'refused', detail: 'core.4711 is too large', isAdrift },
  });
  return {
    input: {
      ...taskInput,
      forge: home,
      actor: { id: 'x', parentId: null, at: 0 },
    },
    events: [
      readied,
      published('tree'),
      unpublished(false),
      unpublished(true),
      pushed,
      ...gates.map(gate => judged(gate, 'pass')),
      ...names.map(stage => runEnded(stage, 'succeeded')),
      { type: 'lease.granted', token: 1 },
      updated({ result: 'current' }),
      landed,
      ...byMe,
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...names.map(stage => ({ type: 'task.move', stage, by: 'me' })),
      ...forAnother(names),
    ],
    isPossible: (state, event) =>
      /\.unpublished$/.test(state) || !/^task\.(?:re(?!sume)|fail|move|cancel|pause)/.test(event.type),
    project(context) {
      const { rework, verdicts } = context as { rework: Record<string, number>; verdicts: object };
      return [names.map(stage => rework[`${stage}.unpublished`] ?? 0), Object.keys(verdicts).sort()];
    },
  };
}

/** What the untouched target comes to before the first agent works. */
export function baselineModel(_machine: AnyStateMachine, first: string, names: readonly string[]): ModelOptions {
  const looked = (...reports: [string, boolean][]): ModelEvent => ({
    type: 'xstate.done.actor.baseline',
    output: {
      reports: reports.map(([verdict, isOfMachine]) => ({ gate: 'tests', verdict, detail: 'so it was', isOfMachine })),
    },
  });
  return {
    input: { ...taskInput, wantsBaseline: true, actor: { id: 'x', parentId: null, at: 0 } },
    events: [
      readied,
      looked(['pass', false]),
      looked(['fail', false]),
      looked(['inconclusive', true]),
      failure('baseline'),
      ...byMe,
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...names.map(stage => ({ type: 'task.move', stage, by: 'me' })),
      ...forAnother(names),
    ],
    isPossible: state =>
      new RegExp(`^(?:created|paused|${first}\\.(?:preparing|baselining|unready|blocked))`).test(state),
    project: context => [(context as { baseline?: unknown }).baseline != null],
  };
}

/** How a fork of a task begins that was in this stage; where it is at a forge, with what that answers. */
export function forkModel(machine: AnyStateMachine, stage: string, isAtForge = false): ModelOptions {
  const forkedFrom = { taskId: 'y', seq: 7, stage, commit: 'c', workItem: 'y' };
  const taken = { base: 'b', codeTree: 'tree', attempts: {}, rework: {}, verdicts: {}, models: {}, feedback: null };
  return {
    input: {
      ...taskInput,
      forge: isAtForge ? home : null,
      fork: { forkedFrom, ...taken },
      actor: { id: 'x', parentId: null, at: 0 },
    },
    events: [
      readied,
      pushed,
      away('push'),
      refused('push'),
      failure('push'),
      { type: 'task.retry', by: 'me' },
      ...deadlinesOf(machine),
    ],
    isPossible: state => state === `${stage}.preparing` || state.startsWith(`${stage}.presenting`),
    project: context => [((context.rework as Record<string, number>)['forge.away'] ?? 0) > 0],
  };
}

/** A task that comes back to the stage that merges, with code of its own there on which its gate has said this. */
export function madeThereModel(
  _machine: AnyStateMachine,
  { gates, word, refusals = 0 }: { gates: string[]; word: string; refusals?: number },
): ModelOptions {
  const verdict = (gate: string, said: string) => ({
    ...{
      gate,
      verdict: said,
      detail: `${gate} says ${said}`,
      stage: 'build',
      codeTree: 'tree',
      by: 'signalbox',
      at: 0,
    },
  });
  const passed = gates.map(gate => [gate, verdict(gate, 'pass')] as const);
  const verdicts = Object.fromEntries([...passed, ['shipped', verdict('shipped', word)] as const]);
  const forkedFrom = { taskId: 'y', seq: 7, stage: 'ship', commit: 'c', workItem: 'y' };
  const rework = { 'ship.merging.refused': refusals };
  const refused = word === 'fail' ? [{ gate: 'shipped', codeTree: 'tree' }] : [];
  const taken = {
    base: 'b',
    codeTree: 'tree',
    madeIn: 'ship',
    refused,
    attempts: {},
    rework,
    verdicts,
    models: {},
    feedback: null,
  };
  return {
    input: { ...taskInput, fork: { forkedFrom, ...taken }, actor: { id: 'x', parentId: null, at: 0 } },
    events: [readied],
    isPossible: state => state === 'ship.preparing',
    project: () => null,
  };
}

/** Decisions on every question, by somebody who means another one. */
const forAnother = (names: readonly string[]): ModelEvent[] => [
  ...['task.approve', 'task.retry'].map(type => ({ type, by: 'me', question: 99 })),
  { type: 'task.reject', reason: 'no', by: 'me', question: 99 },
  { type: 'task.answer', text: 'this', by: 'me', question: 99 },
  ...names.map(stage => ({ type: 'task.move', stage, by: 'me', question: 99 })),
];

/** What a forge answers, or does not. */
const away = (child: string): ModelEvent => ({
  type: `xstate.done.actor.${child}`,
  output: { result: 'away', why: 'home is away', retryAt: null },
});
const refused = (child: string): ModelEvent => ({
  type: `xstate.done.actor.${child}`,
  output: { result: 'refused', detail: 'the branch has moved' },
});

/** The same for a task whose repository is at a forge: what comes from there, and little else. */
export function forgeTaskModel(machine: AnyStateMachine, stages: Record<string, string>): ModelOptions {
  const names = Object.keys(stages);
  const gates = Object.values(stages).flatMap(list => list.split(' '));
  return {
    input: {
      ...taskInput,
      forge: home,
      actor: { id: 'x', parentId: null, at: 0 },
    },
    events: [
      readied,
      away('prepare'),
      away('publish'),
      published('tree'),
      pushed,
      { type: 'xstate.done.actor.push', output: { result: 'pushed', pullRequest: null } },
      away('push'),
      refused('push'),
      failure('push'),
      ...gates.map(gate => judged(gate, 'pass')),
      { type: 'gate.waits', gate: 'ci', why: 'a build runs' },
      ...['ci.pending', 'ci.succeeded', 'ci.failed'].map(type => ({ type, sha: 'h' })),
      { type: 'ci.failed', sha: 'another' },
      ...['review.approved', 'review.changesRequested', 'review.commented'].map(type => ({
        type,
        number: 7,
        sha: 'h',
      })),
      { type: 'review.changesRequested', number: 8, sha: 'h' },
      { type: 'pullRequest.merged', number: 7, sha: 'h' },
      ...['pullRequest.reopened', 'pullRequest.updated', 'pullRequest.closed'].map(type => ({
        type,
        number: 7,
        sha: 'h',
      })),
      { type: 'review.dismissed', number: 7, sha: 'h' },
      { type: 'comment.kept', id: 3 },
      { type: 'requests.done', results: [] },
      ...names.map(stage => runEnded(stage, 'succeeded')),
      { type: 'lease.granted', token: 1 },
      updated({ result: 'current' }),
      landed,
      away('update'),
      refused('update'),
      away('merge'),
      refused('merge'),
      ...byMe,
      { type: 'task.reject', reason: 'no', by: 'me' },
      { type: 'task.fail', reason: 'enough', by: 'me' },
      ...names.map(stage => ({ type: 'task.move', stage, by: 'me' })),
      ...forAnother(names.slice(0, 1)),
      ...deadlinesOf(machine),
    ],
    isPossible: (state, { type }) => !/task\.(?:reject|fail|move)/.test(type) || /turnedDown$/.test(state),
    project(context) {
      const { verdicts, forge, merged, rework } = context as {
        rework: Record<string, number>;
        verdicts: Record<string, unknown>;
        forge: { pullRequest: unknown } | null;
        merged: unknown;
      };
      return [
        Object.keys(verdicts).sort(),
        forge?.pullRequest != null,
        merged !== null,
        (rework['forge.away'] ?? 0) > 0,
      ];
    },
  };
}

/** And everything that may become of runs, gates and merge where there is no forge after all. */
export function everyVerdict(machine: AnyStateMachine): ModelOptions {
  const model = taskModel(machine);
  return {
    input: model.input,
    events: [
      ...model.events.filter(({ type, output }) => {
        const { reports: _, questions, objection } = (output ?? {}) as Record<string, unknown>;
        return !type.includes('plan') && !questions && !objection && !type.startsWith('xstate.done.actor.gate-');
      }),
      ...['ci', 'people', 'shipped'].flatMap(gate => [
        ...['pass', 'fail', 'inconclusive'].map(word => judged(gate, word)),
        failure(`gate-${gate}`),
        { ...judged('other', 'fail'), type: judged(gate, 'pass').type },
      ]),
    ],
    project(context, state) {
      const { verdicts, rework, codeTree, merged, idleSpent } = context as {
        verdicts: Record<string, { verdict: string; codeTree: string }>;
        rework: Record<string, number>;
        codeTree: string;
        merged: { codeTree: string } | null;
        idleSpent: { sessions: number };
      };
      const own = state.startsWith('build') ? ['ci', 'people'] : ['shipped'];
      return [
        // Of other stages only a pass counts, and whether it still holds.
        Object.entries(verdicts)
          .filter(([gate, { verdict }]) => own.includes(gate) || verdict === 'pass')
          .map(([gate, { verdict, codeTree: tree }]) => `${gate} ${verdict} ${tree === codeTree}`)
          .sort(),
        Object.values(rework).some(count => count > 0),
        (rework['ship.merging.conflict'] ?? 0) > 0,
        idleSpent.sessions >= 3,
        merged !== null && merged.codeTree === codeTree,
      ];
    },
  };
}

const gateOf: Record<string, string> = { plan: 'documents', build: 'tests', ship: 'shipped' };

export const agentRunInput = {
  assignment: {
    taskId: 'x',
    project: 'p',
    workItem: 'x',
    title: 'a task',
    body: '',
    stage: 'build',
    role: 'builder',
    attempt: 1,
    worktree: '/w',
    repository: '/r',
    branch: 'feature/x',
    target: 'main',
    hasPrompts: false,
    documents: 'docs',
    head: 'h',
    leaves: [],
    stale: [],
    questionsFile: null,
    objectionFile: null,
    objectionTo: null,
    atForge: false,
    feedback: null,
  },
  agent: { ...plainAgent('a', ['a']), kind: 'claude' as const, canResume: true },
  policy: {
    timeLimitMs: 1_000,
    graceMs: 100,
    permanentAttempts: 2,
    transientAttempts: 2,
    patienceMs: 43_200_000,
    backoff: { baseMs: 10, capMs: 100 },
    silenceMs: 300,
    noProgressMs: 500,
    handovers: 1,
    access: 'write' as const,
    mustChange: false,
  },
  budget: { ...noBudget, tokens: 1_000 },
  hooks: { beforeRun: null, afterRun: null },
  priority: 5,
  actor: { id: 'run', parentId: null, at: 0 },
};

/** What an agent has told, which is nothing unless the test says so. */
export const reportOf = (more: Partial<AgentReport> = {}): AgentReport => ({
  session: null,
  model: null,
  usage: noUsage,
  context: null,
  conclusion: null,
  denials: [],
  turns: 0,
  events: 0,
  unknownEvents: 0,
  garbageLines: 0,
  lastText: '',
  ...more,
});

export const exited = (
  code: number | null,
  signal: string | null = null,
  {
    end = {},
    report = {},
    times = {},
  }: { end?: Partial<AgentEnd>; report?: Partial<AgentReport>; times?: object } = {},
): ModelEvent => ({
  type: 'agent.exited',
  code,
  signal,
  jitter: 0.5,
  ...times,
  end: { ...endOf({ code, signal }), ...end },
  report: reportOf(report),
});

export const sign = { report: reportOf(), activity: 'thinks', silentMs: 0, stalledMs: 0 };
const worded = (kind: AgentEnd['class'], more: Partial<AgentEnd> = {}): Partial<AgentEnd> => ({
  class: kind,
  code: kind,
  message: kind,
  ...more,
});
const nearlyFull = { usedTokens: 96, windowTokens: 100 };

const hook = { run: ['hook'], timeLimitMs: 1_000 };

/** With every optional step, and without any. */
export const agentRunModel: ModelOptions = {
  isPossible: (_, { type }) => type !== 'xstate.after.noProgress.agentRun.working.running.attentive',
  input: {
    ...agentRunInput,
    policy: { ...agentRunInput.policy, mustChange: true },
    hooks: { beforeRun: hook, afterRun: hook },
  },
  events: [
    { type: 'run.start' },
    ...['killed', 'cancelled', 'interrupted'].map(cause => ({ type: 'run.stop', cause, by: 'me' })),
    { type: 'agent.started', pid: 42 },
    exited(0),
    exited(0, null, { times: { isChanged: true } }),
    exited(0, null, { times: { isChanged: false } }),
    exited(1),
    exited(75),
    exited(null, 'SIGKILL'),
    exited(null),
    exited(1, null, { end: worded('quota', { resetAt: 9_999_999_999_999 }) }),
    exited(1, null, { end: worded('authentication') }),
    exited(1, null, { end: worded('contextExhausted') }),
    exited(1, null, { end: worded('transient'), report: { session: 's' } }),
    exited(1, null, { end: worded('permanent', { code: 'unknownSession' }) }),
    exited(1, null, { report: { usage: { ...noUsage, outputTokens: 2_000 } } }),
    { type: 'agent.heartbeat', isToolAlive: false, ...sign },
    { type: 'agent.heartbeat', isToolAlive: true, ...sign },
    { type: 'agent.heartbeat', isToolAlive: false, ...sign, report: reportOf({ context: nearlyFull }) },
    {
      type: 'agent.heartbeat',
      isToolAlive: false,
      ...sign,
      report: reportOf({ usage: { ...noUsage, outputTokens: 2_000 } }),
    },
    { type: 'agent.slept', sleptMs: 28_800_000 },
    { type: 'agent.concluded', ...sign, end: { ...endOf({ code: 0, signal: null }) } },
    { type: 'agent.doomed', ...sign, end: { ...endOf({ code: 1, signal: null }), ...worded('authentication') } },
    { type: 'xstate.done.actor.inspect', output: { fingerprint: 'one', isChanged: true } },
    { type: 'xstate.done.actor.inspect', output: { fingerprint: 'none', isChanged: false } },
    failure('inspect'),
    { type: 'xstate.done.actor.hook', output: null },
    failure('hook'),
    { type: 'agent.failed', error: { message: 'no such file' } },
    failure('agent'),
    { type: 'xstate.done.actor.checkpoint', output: { commit: null } },
    failure('checkpoint'),
    { type: 'xstate.done.actor.keep', output: { commit: null } },
    failure('keep'),
    after('timeLimit.agentRun.working.running'),
    ...['attentive', 'inTool'].map(state => after(`noProgress.agentRun.working.running.${state}`)),
    after('silence.agentRun.working.running.attentive'),
    after('exitGrace.agentRun.working.running.finishing'),
    ...['checkpointLimit.agentRun.working.stopping.checkpointing', 'grace.agentRun.working.stopping.terminating'].map(
      after,
    ),
    after('backoff.agentRun.backoff'),
  ],
  project(context, state) {
    const { end, fingerprint, usage, outcome, stopCause, transientFailures, permanentFailures, handovers } =
      context as {
        end: AgentEnd | null;
        fingerprint: string | null;
        usage: { outputTokens: number };
        outcome: string | null;
        stopCause: string | null;
        transientFailures: number;
        permanentFailures: number;
        handovers: number;
      };
    const isOver = usage.outputTokens > 1_000;
    const failed = permanentFailures > 0 ? 'p' : transientFailures > 0 ? 't' : handovers > 0 ? 'h' : '';
    // What guards read in each part of a run's life; the rest is set anew before it counts again.
    if (/^(inspecting|keeping|tidying)/.test(state)) {
      return [
        failed,
        context.beginning,
        isOver,
        outcome,
        stopCause === 'interrupted',
        end?.code === 'sessionLost',
        end?.resetAt != null,
      ];
    }
    if (/stopping|killing/.test(state)) return [failed, stopCause];
    return [failed, context.beginning, isOver, state.includes('running') && [fingerprint, context.isToolAlive]];
  },
};

/** Of a program that does not say what it works on, and without patience for its provider. */
export const commandRunModel: ModelOptions = {
  ...agentRunModel,
  input: {
    ...agentRunInput,
    agent: { ...agentRunInput.agent, kind: 'command', canResume: false },
    policy: { ...agentRunInput.policy, patienceMs: 0 },
  },
};

/** Here the limit for progress comes before that for silence, which could never be reached otherwise. */
export const plainRunModel: ModelOptions = {
  ...agentRunModel,
  input: { ...agentRunInput, policy: { ...agentRunInput.policy, silenceMs: 700 } },
  isPossible: (_, { type }) => !type.startsWith('xstate.after.silence'),
};

/** Here the worker grants less time than the stage has. */
export const shortRunModel: ModelOptions = {
  ...agentRunModel,
  input: { ...agentRunInput, policy: { ...agentRunInput.policy, silenceMs: null, noProgressMs: null } },
  events: agentRunModel.events.map(event =>
    event.type === 'run.start' ? { ...event, allowance: { ...noBudget, timeMs: 200 } } : event,
  ),
  isPossible: (_, { type }) => !/^xstate\.after\.(?:silence|noProgress)/.test(type),
};

function after(delay: string): ModelEvent {
  return { type: `xstate.after.${delay}` };
}

const ofRun = (type: string, runId: string): ModelEvent => ({ type, runId });

export const reconcilerModel: ModelOptions = {
  input: { forge: 'home', intervalMs: 1_000, actor: { id: 'reconciler:home', parentId: null, at: 0 } },
  events: [
    { type: 'reconciler.look' },
    { type: 'reconciler.configured', intervalMs: null },
    { type: 'reconciler.configured', intervalMs: 2_000 },
    {
      type: 'xstate.done.actor.reconcile',
      output: {
        looked: 1,
        why: null,
        differences: [{ task: 't', type: 'ci.failed', what: 'red', outcome: 'applied' }],
      },
    },
    failure('reconcile'),
    ...deadlinesOf(reconcilerMachine as never),
  ],
  project: context => [(context as { intervalMs: number | null }).intervalMs === null],
};

/** A delivery that came to this. */
export const deliveryModel = (outcome: DeliveryOutcome): ModelOptions => ({
  input: {
    ...{ provider: 'gitea', name: 'home', event: 'push', deliveryId: '1', meaning: 'm', outcome, reason: null },
    ...{ reading: null, events: [], candidates: [], replays: null, by: null },
    actor: { id: 'delivery:home:1', parentId: null, at: 0 },
  },
  events: [{ type: 'delivery.chosen', by: 'me', replay: 'r' }],
  project: () => [],
});

const looked = (verdict: string): ModelEvent => ({
  type: 'xstate.done.actor.judge',
  output: { gate: 'ci', verdict, detail: verdict, durationMs: 1 },
});

/** Two stages whose gates are decided at a forge. */
export const forgePipeline: Pipeline = pipelineSchema.parse({
  name: 'atForge',
  forgeTries: 1,
  velocity: { sessions: 3 },
  stages: [
    {
      name: 'build',
      role: 'builder',
      gates: [
        { kind: 'ci', name: 'ci' },
        { kind: 'pullRequestReview', name: 'people' },
      ],
      rework: { limit: 1 },
    },
    {
      name: 'ship',
      role: 'shipper',
      merge: { onConflict: 'build', limit: 1 },
      gates: [{ kind: 'verdict', name: 'shipped', file: 'ship.md', pass: ['YES'], fail: ['NO'] }],
      rework: { limit: 1 },
    },
  ],
});

/** A gate that is decided elsewhere. */
export const gateModel: ModelOptions = {
  input: {
    taskId: 'x',
    gate: { kind: 'command', name: 'ci' },
    deadlineMs: 1_000,
    lookAgainMs: 100,
    place: {},
    actor: { id: 'x.gate-ci.1', parentId: 'x', at: 0 },
  },
  events: [
    ...['pass', 'fail', 'inconclusive', 'pending'].map(looked),
    failure('judge'),
    { type: 'gate.news' },
    ...deadlinesOf(gateMachine as never),
  ],
  project: context => [(context as { report: { verdict: string } | null }).report?.verdict],
};

/** A gate that knows at once. */
export const promptGateModel: ModelOptions = {
  ...gateModel,
  input: { ...(gateModel.input as object), deadlineMs: null },
};

export const breakerModel: ModelOptions = {
  input: { provider: 'a', failureLimit: 2, cooldownMs: 1_000 },
  events: [
    ...['one', 'two'].flatMap(runId =>
      ['run.requested', 'run.succeeded', 'run.failed', 'run.heard', 'run.answered', 'run.released'].map(type =>
        ofRun(type, runId),
      ),
    ),
    ...['one', 'two'].map(runId => ({ type: 'run.barred', runId, until: null, why: 'no more' })),
    { type: 'run.barred', runId: 'one', until: 9_999_999_999_999, why: 'no more until then' },
    { type: 'run.barred', runId: 'one', until: 9_999_999_999_999, why: 'no opus', model: { name: 'opus', asked: 'o' } },
    { type: 'run.requested', runId: 'two', model: 'opus' },
    { type: 'model.due', name: 'opus' },
    { type: 'breaker.configured', failureLimit: 2, cooldownMs: 1_000 },
    { type: 'breaker.reset', by: 'me' },
    after('cooldown.breaker.open'),
  ],
  project: context => [
    context.failureCount,
    context.probeRunId,
    Number(context.retryAt ?? 0) > 1_000_000_000_000,
    context.models,
  ],
};

const requested = (runId: string, priority: number): ModelEvent => ({
  type: 'run.requested',
  runId,
  taskId: runId,
  project: 'p',
  stage: 's',
  agent: 'a',
  provider: 'a',
  priority,
  ask: noBudget,
});

const workerLimits = { ...usualLimits, total: 1 };

export const workerModel: ModelOptions = {
  input: { limits: workerLimits, actor: { id: 'worker', parentId: null, at: 0 } },
  events: [
    requested('one', 5),
    requested('two', 1),
    ...['one', 'two'].flatMap(runId => [
      { ...ofRun('run.admitted', runId), provider: 'a' },
      { ...ofRun('run.refused', runId), by: 'breaker', why: 'open' },
      { ...ofRun('run.ended', runId), project: 'p', spent: { ...nothingSpent, sessions: 1 } },
    ]),
    { type: 'breaker.changed', provider: 'a' },
    { type: 'preflight.changed', agent: 'a' },
    { type: 'host.changed', pressure: 'no disk' },
    { type: 'host.changed', pressure: 'no disk at all', isDiskFilling: true },
    { type: 'host.changed', pressure: null },
    { type: 'task.paused', taskId: 'one', by: 'me' },
    { type: 'task.resumed', taskId: 'one' },
    { type: 'project.pause', project: 'p', by: 'me' },
    { type: 'project.resume', project: 'p', by: 'me' },
    after('untilTomorrow.worker.accepting'),
    { type: 'worker.drain', by: 'me' },
    { type: 'worker.resume', by: 'me' },
    { type: 'worker.shutdown' },
    { type: 'worker.started' },
    {
      type: 'worker.configured',
      limits: workerLimits,
      budgets: { day: noBudget, run: noBudget, projects: {} },
      configuration: null,
    },
  ],
  project: context => {
    const names = (key: string) =>
      (context[key] as { runId: string; held: unknown }[]).map(run => [run.runId, run.held !== null]);
    return [
      names('queue'),
      names('asked'),
      names('running'),
      context.pressure,
      Object.keys(context.pausedProjects as object),
      Object.keys(context.pausedTasks as object),
    ];
  },
};

export const preflightModel: ModelOptions = {
  input: { agent: agentRunInput.agent, cacheMs: 1_000, timeLimitMs: 1_000 },
  events: [
    { ...ofRun('run.requested', 'one'), provider: 'a' },
    { type: 'xstate.done.actor.probe', output: { ok: true, version: '1.0' } },
    { type: 'xstate.done.actor.probe', output: { ok: false, reason: 'it is not there' } },
    failure('probe'),
    { type: 'preflight.configured', agent: agentRunInput.agent, cacheMs: 1_000, timeLimitMs: 1_000 },
    { type: 'preflight.recheck', by: 'me' },
    after('cache.preflight.ready'),
    after('cache.preflight.failing'),
  ],
  project: context => [(context.waiting as unknown[]).length],
};

export const janitorModel: ModelOptions = {
  input: { endedAfterMs: 1_000 },
  events: [
    { type: 'janitor.configured', endedAfterMs: 2_000 },
    { type: 'janitor.configured', endedAfterMs: null },
    { type: 'xstate.done.actor.prune', output: { tasks: 1, logEntries: 2, bytes: 3, kept: 0 } },
    failure('prune'),
    after('day.janitor.waiting'),
  ],
  project: context => [context.endedAfterMs],
};

export const tokenModel: ModelOptions = {
  input: { name: 'ci', role: 'viewer', sha256: 'a', by: 'ann' },
  events: [
    { type: 'token.issue', role: 'operator', sha256: 'b', by: 'bob' },
    { type: 'token.revoke', by: 'ann' },
  ],
  project: context => [context.role, context.revokedBy],
};

export const orderModel: ModelOptions = {
  input: { operation: 'task.add', fingerprint: 'f', by: 'ann' },
  events: [
    { type: 'order.name', subject: 'T-1' },
    { type: 'order.answer', answer: { id: 'T-1' } },
  ],
  project: context => [context.subject, context.answer],
};

export const mergeQueueModel: ModelOptions = {
  input: { resource: 'r' },
  events: [
    ...['a', 'b'].flatMap(holder => ['lease.requested', 'lease.released'].map(type => ({ type, holder }))),
    { type: 'lease.revoked', by: 'me' },
  ],
  project: context => [context.holder, context.waiting],
};
