/**
 * What can happen to a task where it is: what its agents leave, what its gates say, what people send, what the target does.
 * What is the same to all guards happens in one way only. Left out: what docs/pipelines.md names, pauses and forges above all.
 */
import type { AnyStateNode } from 'xstate';
import { noUsage } from '../../domain/usage.ts';
import type { VerdictWord } from '../../domain/verdict.ts';
import type { Pipeline } from '../pipeline.ts';
import { gateChild, type TaskContext } from '../task/context.ts';
import { lineOf, type PaperEvent, type Situation } from './paper.ts';

export interface Happening {
  event: PaperEvent;
  says: string;
  /** Whether all goes well with it, where somebody means well: gates pass, agents succeed, people answer what they are asked. */
  isWell: boolean;
}

/** Names of trees, of which nothing is asked but whether they are the same. */
export const newTree = 'new';

const done = (child: string, output: object): PaperEvent => ({ type: `xstate.done.actor.${child}`, output });
const broken = (child: string): PaperEvent => ({ type: `xstate.error.actor.${child}`, error: { message: 'broken' } });

/** Those that may come next. Gates that know at once are judged one after another: their order makes no difference. */
export function happenings({ at, context }: Situation, pipeline: Pipeline): Happening[] {
  const found = lineOf(at).flatMap(node =>
    node.invoke.flatMap(({ id, src }) => reports(String(src), id, at, context, pipeline)),
  );
  const gate = found.find(({ event }) => event.type.includes(gateChild('')));
  const own = gate === undefined ? found : found.filter(({ event }) => event.type === gate.event.type);
  return [...own, ...sent(at, pipeline)].map(happening => ({ ...happening, event: { at: 0, ...happening.event } }));
}

function reports(src: string, id: string, at: AnyStateNode, context: TaskContext, pipeline: Pipeline): Happening[] {
  const stage = pipeline.stages.find(({ name }) => name === at.path[0]);
  switch (src) {
    case 'prepare': {
      const { codeTree } = context;
      return [
        { event: done(id, { base: 'b', head: 'h', codeTree }), says: 'its worktree is ready', isWell: true },
        { event: broken(id), says: 'its worktree cannot be made ready', isWell: false },
      ];
    }
    case 'agentRun':
      return [
        { event: ended(id, 'succeeded'), says: `the agent of ${id} has done its work`, isWell: true },
        { event: ended(id, 'permanent'), says: `the agent of ${id} fails`, isWell: false },
      ];
    case 'publish':
      return published(id, context, stage);
    case 'gate':
      return judged(id.slice(gateChild('').length), context);
    case 'update':
      return [
        { event: done(id, { result: 'current' }), says: 'the branch has all that its target has', isWell: true },
        {
          event: done(id, { result: 'updated', head: 'h', codeTree: newTree, isOnlyDocuments: false }),
          says: 'the target has moved on, and is brought into the branch',
          isWell: true,
        },
        {
          event: done(id, { result: 'conflict', detail: 'file' }),
          says: 'the branch conflicts with its target',
          isWell: false,
        },
      ];
    case 'merge':
      return [
        {
          event: done(id, { result: 'merged', commit: 'c', codeTree: context.codeTree }),
          says: 'it is merged',
          isWell: true,
        },
        { event: done(id, { result: 'moved' }), says: 'the target has moved on meanwhile', isWell: false },
      ];
    default:
      return [];
  }
}

const ended = (stage: string, outcome: string): PaperEvent =>
  // It costs nothing: what budgets of money, time and processes hold back is left out.
  done(stage, { outcome, reason: outcome, attempts: 0, workedMs: 0, usage: noUsage });

function published(id: string, context: TaskContext, stage: Pipeline['stages'][number] | undefined): Happening[] {
  const { codeTree, merged } = context;
  const leaves = (tree: string, more: object, says: string, isWell: boolean): Happening => ({
    event: done(id, { head: 'h', codeTree: tree, questions: null, objection: null, ...more }),
    says,
    isWell,
  });
  const by = stage?.name ?? '';
  return [
    leaves(codeTree, {}, `${by} leaves the code as it is`, true),
    leaves(newTree, {}, `${by} changes the code`, true),
    ...(merged !== null && merged.codeTree !== codeTree
      ? [leaves(merged.codeTree, {}, `${by} makes the code what the target has`, true)]
      : []),
    ...(stage?.questions === undefined ? [] : [leaves(codeTree, { questions: '?' }, `${by} asks something`, false)]),
    ...(stage?.objection === undefined ? [] : [leaves(codeTree, { objection: '!' }, `${by} objects`, false)]),
  ];
}

const words: readonly [VerdictWord, string][] = [
  ['pass', 'passes'],
  ['fail', 'refuses'],
  ['inconclusive', 'cannot be judged'],
];

function judged(gate: string, { verdicts }: TaskContext): Happening[] {
  if (verdicts[gate] !== undefined) return [];
  return words.map(([verdict, says]) => ({
    event: done(gateChild(gate), { gate, verdict, detail: '' }),
    says: `${gate} ${says}`,
    isWell: verdict === 'pass',
  }));
}

/** What people send, where a state takes it; pausing, which leads back, and giving up are left out. */
const ofPeople: Readonly<Record<string, string>> = {
  'task.approve': 'a person approves',
  'task.answer': 'a person answers',
  'task.retry': 'a person has it tried again',
  'task.reject': 'a person sends it back',
};

function sent(at: AnyStateNode, pipeline: Pipeline): Happening[] {
  const takes = new Set(lineOf(at).flatMap(node => [...node.transitions.keys()]));
  const fields = { by: 'a person', reason: 'no', text: 'this' };
  const said = Object.entries(ofPeople)
    .filter(([type]) => takes.has(type))
    .map(([type, says]) => ({ event: { type, ...fields }, says, isWell: true }));
  const moves = takes.has('task.move')
    ? pipeline.stages.map(({ name }) => ({
        event: { type: 'task.move', stage: name, by: 'a person' },
        says: `a person moves it to ${name}`,
        isWell: false,
      }))
    : [];
  const lease = takes.has('lease.granted')
    ? [{ event: { type: 'lease.granted', token: 1 }, says: 'it is its turn to merge', isWell: true }]
    : [];
  return [...lease, ...said, ...moves];
}
