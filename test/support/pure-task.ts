/**
 * A task that is played without a runtime: its machine is pure, and what happens around it is a small world of trees of code,
 * verdicts and people. What the world has seen land is told by itself, and not by what the task remembers.
 */
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import { noUsage } from '../../src/domain/usage.ts';
import type { Pipeline } from '../../src/machines/pipeline.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { statePath } from '../../src/runtime/stepper.ts';
import { carriedOver, type Landed, type Word } from '../../src/simulation/owed.ts';
import { taskInput } from '../model/cases.ts';

export type { Word };

/** What happens around a task. Trees are names; the branch begins with `base`. */
export interface World {
  /** What the agent of a stage makes of the code when it works there for the nth time. */
  code(stage: string, visit: number, tree: string): string;
  /** What a gate says of a tree when it is asked for the nth time. */
  verdict(gate: string, tree: string, time: number): Word;
  /** What the agent of a stage objects to, the nth time; nothing without it. */
  objection?(stage: string, visit: number): string | null;
  /** Whether the target has moved on when it is looked at. */
  moves?(): boolean;
  /** What a person sends where one is asked; undefined where nobody does. */
  person(task: PureTask): ({ type: string } & Record<string, unknown>) | undefined;
}

export interface PureTask {
  pipeline: Pipeline;
  state: string;
  context: TaskContext;
  /** How it came here. */
  events: readonly string[];
  /** Of every gate and tree, the last word. */
  heard: ReadonlyMap<string, Word>;
  landed: readonly Landed[];
  runs: readonly string[];
}

const mostSteps = 2_000;

/** Played many times, it is compiled once. */
const compiled = new WeakMap<Pipeline, AnyStateMachine>();

/** Plays a task until it ends or nobody does anything. */
export function playTask(pipeline: Pipeline, world: World): PureTask {
  const machine = compiled.get(pipeline) ?? compileTask(pipeline);
  compiled.set(pipeline, machine);
  const gates = new Map(pipeline.stages.flatMap(({ gates: own }) => own.map(gate => [gate.name, gate] as const)));
  const events: string[] = [];
  const heard = new Map<string, Word>();
  const asked = new Map<string, number>();
  const landed: Landed[] = [];
  const runs: string[] = [];
  let tree = 'base';
  let [snapshot] = initialTransition(machine, {
    ...taskInput,
    actor: { id: 'x', parentId: null, at: 0 },
  } as never) as unknown as [AnyMachineSnapshot];
  const context = () => snapshot.context as TaskContext;
  const here = (): PureTask => ({
    ...{ pipeline, state: statePath(snapshot.value), context: context(), events, heard, landed, runs },
  });
  const land = (by: string) => {
    const said = Object.fromEntries([...gates.keys()].map(gate => [gate, heard.get(`${gate} ${tree}`)]));
    landed.push({ by, tree, said });
  };
  const send = (event: { type: string } & Record<string, unknown>) => {
    events.push(event.type);
    [snapshot] = transition(machine, snapshot, { at: events.length, by: 'ann', ...event } as never) as unknown as [
      AnyMachineSnapshot,
    ];
  };
  const done = (child: string, output: object) => send({ type: `xstate.done.actor.${child}`, output });

  function step(): boolean {
    const { state } = here();
    const stage = state.split('.')[0]!;
    if (/\.preparing$/.test(state)) done('prepare', { base: 'b', head: 'h', codeTree: tree });
    else if (/\.working\./.test(state)) {
      runs.push(stage);
      const visit = runs.filter(one => one === stage).length;
      tree = world.code(stage, visit, tree);
      done(stage, { outcome: 'succeeded', reason: 'succeeded', attempts: 1, workedMs: 1, usage: noUsage });
    } else if (/\.publishing$/.test(state))
      done('publish', { head: 'h', codeTree: tree, questions: null, objection: objectionOf(stage) });
    else if (/(?:gating|judging|judgingAll)$/.test(state)) judge();
    else if (/\.waiting$/.test(state)) send({ type: 'lease.granted', token: 1 });
    else if (/\.updating$/.test(state)) update(stage);
    else if (/\.writing$/.test(state)) {
      land(stage);
      done('merge', { result: 'merged', commit: 'c', codeTree: tree });
    } else {
      const before = snapshot;
      const event = world.person(here());
      if (event === undefined) return false;
      send(event);
      // What changes nothing would be sent for ever.
      return snapshot !== before;
    }
    return true;
  }

  /** What people and reviewers have said is of the task's own changes; what a machine can judge is judged again. */
  function update(stage: string): void {
    if (world.moves?.() !== true) {
      done('update', { result: 'current' });
      return;
    }
    const before = tree;
    tree = `${tree}^`;
    for (const gate of carriedOver(pipeline, stage)) {
      if (heard.get(`${gate} ${before}`) === 'pass') heard.set(`${gate} ${tree}`, 'pass');
    }
    done('update', { result: 'updated', head: 'h', codeTree: tree, isOnlyDocuments: false });
  }

  const objectionOf = (stage: string): string | null => {
    const mayObject = pipeline.stages.find(({ name }) => name === stage)?.objection !== undefined;
    return mayObject ? (world.objection?.(stage, runs.filter(one => one === stage).length) ?? null) : null;
  };

  function judge(): void {
    const open = Object.keys(snapshot.children)
      .filter(child => child.startsWith('gate-') && context().verdicts[child.slice(5)] === undefined)
      .map(child => child.slice(5));
    const gate = open[0]!;
    const time = (asked.get(gate) ?? 0) + 1;
    asked.set(gate, time);
    const verdict = world.verdict(gate, tree, time);
    heard.set(`${gate} ${tree}`, verdict);
    done(`gate-${gate}`, { gate, verdict, detail: `${gate} says ${verdict} of ${tree}` });
  }

  while (snapshot.status === 'active' && events.length < mostSteps) {
    const { asks, verdicts } = context();
    if (!step()) break;
    // An approval is a person's verdict.
    if (asks?.kind === 'approval' || asks?.kind === 'decision') {
      for (const [gate, { verdict, by }] of Object.entries(context().verdicts)) {
        if (by !== 'signalbox' && verdicts[gate]?.verdict !== verdict) heard.set(`${gate} ${tree}`, verdict);
      }
    }
  }
  if (statePath(snapshot.value) === 'done') land('done');
  return here();
}
