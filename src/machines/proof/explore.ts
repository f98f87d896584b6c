/**
 * All situations that a task of a pipeline can come into, nearest first, as far as guards tell them apart. Code has no content
 * here: what counts is whether a verdict is for the code as it is now, for that which the target has, or for other code.
 * Of each budget of tries it counts whether anything is left; both may be so at any time, which is more than can happen.
 */
import { type AnyStateMachine, initialTransition } from 'xstate';
import { plainAgent } from '../../domain/agent-spec.ts';
import { nothingSpent } from '../../domain/budget.ts';
import { noHooks } from '../../domain/hook.ts';
import { noUsage } from '../../domain/usage.ts';
import { judgingCode, ordinaryWay, type Pipeline } from '../pipeline.ts';
import type { TaskContext, TaskInput } from '../task/context.ts';
import { type Happening, happenings } from './happenings.ts';
import { createPaper, pathOf, type Situation } from './paper.ts';

/** Where a task can be, and how it comes there soonest. */
export interface Found {
  path: string;
  /** The situation before it; -1 for the beginning. */
  from: number;
  by: Happening | null;
  /** What must not be so; null where all is well. */
  wrong: string | null;
}

export interface Way {
  from: number;
  to: number;
  by: Happening;
  isCounted: boolean;
}

export interface Explored {
  found: Found[];
  ways: Way[];
  /** How many of the situations were followed further; all of them where that many are enough. */
  followed: number;
}

/** The input of a task of which nothing is known: it is at no forge, and waits for nothing. */
export const anyInput: TaskInput = {
  ...{ title: 'a task', body: '', project: 'p', repository: '/r', target: 'main', branch: 'b', workItem: 'w' },
  ...{ worktree: '/w', priority: 5, agent: plainAgent('a', ['a']), agents: {}, hooks: noHooks, mergeQueue: 'q' },
  ...{ forge: null, source: null, actor: { id: 'T', parentId: null, at: 0 } },
};

export interface Looking {
  /** How many situations are followed. */
  most: number;
  /** What is wrong in a situation; null for nothing. */
  judge(situation: Situation): string | null;
}

/** Looks at what can become of a task. */
export function explore(machine: AnyStateMachine, pipeline: Pipeline, { most, judge }: Looking): Explored {
  const paper = createPaper(machine);
  const [first] = initialTransition(machine, anyInput as never);
  const at = innermost(machine, first.value as never);
  const bound = new Set(judgingCode(ordinaryWay(pipeline)).map(({ name }) => name));
  const ownerOf = new Map(pipeline.stages.flatMap(({ name, gates }) => gates.map(gate => [gate.name, name] as const)));
  const found: Found[] = [];
  /** Of what was not followed yet; the others are not needed any more. */
  const open: (Situation | null)[] = [];
  const known = new Map<string, number>();
  const ways: Way[] = [];

  function arrive(situation: Situation, from: number, by: Happening | null): number {
    const plain = plainOf(situation);
    const key = keyOf(plain, bound, ownerOf);
    const there = known.get(key);
    if (there !== undefined) return there;
    known.set(key, found.length);
    found.push({ path: pathOf(plain.at), from, by, wrong: judge(plain) });
    open.push(plain);
    return found.length - 1;
  }

  arrive({ at, context: first.context as TaskContext }, -1, null);
  let followed = 0;
  for (; followed < found.length && followed < most; followed += 1) {
    const situation = open[followed]!;
    open[followed] = null;
    if (situation.at.type === 'final') continue;
    for (const by of happenings(situation, pipeline)) {
      for (const { after, isCounted } of outcomes(paper, situation, by)) {
        ways.push({ from: followed, to: arrive(after, followed, by), by, isCounted });
      }
    }
  }
  return { found, ways, followed };
}

interface Outcome {
  after: Situation;
  /** Whether it has used a try of some budget. */
  isCounted: boolean;
}

/** So many mixtures of budgets that are used up and left are tried with an event. */
const mostMixed = 16;

/** What an event leads to while tries are left, and where some or all of those that are asked about are used up. */
function outcomes(paper: ReturnType<typeof createPaper>, { at, context }: Situation, { event }: Happening): Outcome[] {
  const all: Outcome[] = [];
  const asked = new Set<string>();
  const tryWith = (isUsedUp: (budget: string) => boolean) => {
    asked.clear();
    const after = paper.step({ at, context: { ...context, rework: counts(isUsedUp, asked) } }, event);
    if (after === null) return;
    const isCounted = Object.keys(after.context.rework).some(budget => !isUsedUp(budget));
    all.push({ after, isCounted });
  };
  const tried = new Set<string>();
  const open: string[][] = [[]];
  for (let used = open.pop(); used !== undefined; used = open.pop()) {
    const key = used.join(' ');
    if (tried.has(key) || tried.size > mostMixed) continue;
    tried.add(key);
    tryWith(budget => used.includes(budget));
    // With one more used up another may be asked about.
    for (const name of asked) if (!used.includes(name)) open.push([...used, name].sort());
  }
  if (tried.size > 1) tryWith(() => true);
  return all;
}

/** Says of budgets whether they are used up, where nothing was counted of all others, and tells which were asked about. */
function counts(isUsedUp: (budget: string) => boolean, asked: Set<string>): Record<string, number> {
  return new Proxy<Record<string, number>>(
    {},
    {
      get(_, name) {
        if (typeof name !== 'string') return undefined;
        if (name !== 'forge.away') asked.add(name);
        return isUsedUp(name) ? Number.MAX_SAFE_INTEGER : undefined;
      },
    },
  );
}

/** The same situation without what no guard asks for. */
function plainOf({ at, context }: Situation): Situation {
  const { codeTree, merged, verdicts, refused = [] } = context;
  const treeOf = (tree: string) => (tree === codeTree ? 'now' : tree === merged?.codeTree ? 'merged' : 'other');
  const named = <T extends { codeTree: string }>(judged: T): T => ({ ...judged, codeTree: treeOf(judged.codeTree) });
  return {
    at,
    context: {
      ...context,
      codeTree: 'now',
      merged: merged === null ? null : named({ commit: 'c', codeTree: merged.codeTree, at: 0 }),
      verdicts: Object.fromEntries(Object.entries(verdicts).map(([gate, verdict]) => [gate, named(verdict)])),
      refused: refused.map(named).filter(({ codeTree: tree }) => tree !== 'other'),
      ...{
        attempts: {},
        rework: {},
        feedback: null,
        asked: [],
        requests: [],
        noticed: [],
        decisions: [],
        waitsFor: null,
        asks: null,
      },
      ...{ spent: nothingSpent, idleSpent: nothingSpent, stageSpent: {}, usage: noUsage },
      ...{ questionsAsked: 0, leaseToken: null, endedBecause: null, tellings: 0, workingSince: 0 },
    },
  };
}

/** Of the gates of other stages nothing is asked but whether they are passed, for the code as it is now where they speak of it. */
function keyOf({ at, context }: Situation, bound: ReadonlySet<string>, ownerOf: ReadonlyMap<string, string>): string {
  const { merged, verdicts, refused = [], madeIn, objection, questions } = context;
  const stage = at.path[0];
  const said = Object.entries(verdicts).map(([gate, { verdict, codeTree }]) => {
    if (ownerOf.get(gate) === stage) return `${gate} ${verdict} ${codeTree}`;
    if (!bound.has(gate)) return verdict === 'pass' ? gate : '';
    return codeTree === 'other' ? `${gate} lapsed` : `${gate} ${verdict === 'pass'} ${codeTree}`;
  });
  const no = refused.map(({ gate, codeTree }) => `${gate} ${codeTree}`);
  const flags = [objection !== null, questions !== null, madeIn ?? '', merged?.codeTree ?? ''].join(' ');
  return `${pathOf(at)}|${said.sort()}|${[...new Set(no)].sort()}|${flags}`;
}

/** The innermost state of a value. */
export function innermost(machine: AnyStateMachine, value: string | Record<string, unknown>): Situation['at'] {
  let node: Situation['at'] = machine.root;
  for (let rest: unknown = value; rest !== undefined; ) {
    const [name, inner] = typeof rest === 'string' ? [rest, undefined] : Object.entries(rest as object)[0]!;
    node = node.states[name]!;
    rest = inner;
  }
  return node;
}
