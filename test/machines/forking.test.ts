/** A fork begins in the stage of then, with what was known and judged by then, and shares nothing that there can be only one of. */
import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { plainAgent } from '../../src/domain/agent-spec.ts';
import { noUsage } from '../../src/domain/usage.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { taskLinks } from '../../src/machines/links.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { forkOf, type Otherwise, stageToFork } from '../../src/machines/task/forking.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { statePath } from '../../src/runtime/stepper.ts';
import { failure, judged, published, smallPipeline, taskInput } from '../model/cases.ts';

const machine = compileTask(smallPipeline);
type Snapshot = Parameters<typeof taskLinks>[0] & { context: TaskContext };

const prepared = (codeTree: string, head = 'h') => ({
  type: 'xstate.done.actor.prepare',
  output: { base: 'b', head, codeTree },
});
const ran = (stage: string) => ({
  type: `xstate.done.actor.${stage}`,
  output: {
    outcome: 'succeeded',
    reason: 'succeeded',
    attempts: 1,
    workedMs: 1,
    usage: { ...noUsage, outputTokens: 9 },
  },
});
const visit = (stage: string, tree: string) => [prepared(tree), ran(stage), published(tree)];
const approved = { type: 'task.approve', by: 'ann' };
const planned = [...visit('plan', 'tree'), judged('documents', 'pass'), approved];
const built = [...planned, ...visit('build', 'code'), judged('tests', 'pass')];

function begin(input: object, id = 'x'): Snapshot {
  const [snapshot] = initialTransition(machine, {
    ...taskInput,
    ...input,
    actor: { id, parentId: null, at: 0 },
  } as never);
  return snapshot as never;
}
const after = (snapshot: Snapshot, ...events: object[]): Snapshot =>
  events.reduce<Snapshot>(
    (before, event) => transition(machine, before as never, { at: 0, ...event } as never)[0] as never,
    snapshot,
  );

const past = ({ context, value }: Snapshot) => ({
  seq: 7,
  stage: stageToFork(smallPipeline, statePath(value))!,
  context,
  pipeline: smallPipeline,
});
const forked = (snapshot: Snapshot, otherwise: Otherwise = { by: 'ann' }) =>
  begin({ ...forkOf(past(snapshot), otherwise), forge: snapshot.context.forge }, 'y');

describe('where a fork begins', () => {
  test.each([
    ['waiting.held', null],
    ['analysis.preparing', 'analysis'],
    ['development.working.running', 'development'],
    ['review.awaitingDecision', 'review'],
    ['paused.testing.finished', 'testing'],
    ['deploy.merging.leased.writing', 'deploy'],
    ['landing.leased.writing', 'deploy'],
    ['done', undefined],
    ['cancelled', undefined],
    ['failed', undefined],
  ])('of a task in %s: %s', (state, stage) => {
    const found = stageToFork(defaultPipeline, state);
    expect(found === null ? null : found?.name).toBe(stage);
  });

  test('in that stage, and not in the ones before', () => {
    for (const [events, stage] of [
      [[], 'plan'],
      [planned, 'build'],
      [[...planned, prepared('tree')], 'build'],
      [built, 'ship'],
    ] as const) {
      const fork = forked(after(begin({}), ...events));
      expect(statePath(fork.value)).toBe(`${stage}.preparing`);
      expect(fork.context).toMatchObject({ head: '', forkedFrom: { taskId: 'x', seq: 7, stage, workItem: 'x' } });
    }
  });

  test('of a task that waits for others: it waits as well', () => {
    const blockedBy = [{ name: 'b', task: 'b', item: null }];
    const waiting = begin({ blockedBy });
    const { fork } = forkOf(past(waiting), { by: 'ann' });
    expect(fork.forkedFrom).toMatchObject({ stage: null, commit: '' });
    expect(statePath(begin({ ...waiting.context, fork }).value)).toBe('waiting.looking');
  });
});

describe('what it takes over', () => {
  test('what was counted and judged, and nothing that was spent or is the other one alone', () => {
    const other = after(begin({ source: { tracker: 't', id: 'i' }, forge: { name: 'home', repository: 'a/b' } }));
    const then = { ...other, context: { ...other.context, ...after(begin({}), ...built).context } } as Snapshot;
    const { context } = then;
    expect(context).toMatchObject({ spent: { sessions: 2, tokens: 18 }, questionsAsked: 1 });
    const { context: fork } = forked(then);
    expect(fork).toMatchObject({ base: 'b', attempts: { plan: 1, build: 1 }, verdicts: context.verdicts });
    expect(fork).toMatchObject({ spent: { sessions: 0, tokens: 0 }, stageSpent: {}, questionsAsked: 0, asks: null });
    expect(fork).toMatchObject({ source: null, merged: null, leaseToken: null, requests: [], awaitedBy: [] });
  });

  test('the verdicts on code are for the commit on which its own branch begins, and it may merge by them', () => {
    const fork = forked(after(begin({}), ...built));
    const ready = after(fork, prepared('the same with documents', 'first'));
    expect(ready.context.verdicts.tests).toMatchObject({ verdict: 'pass', codeTree: 'the same with documents' });
    expect(statePath(ready.value)).toBe('ship.merging.waiting');
  });

  test('I16: what is found in its worktree later is no longer what was judged', () => {
    const merging = after(forked(after(begin({}), ...built)), prepared('own', 'first'), {
      type: 'lease.granted',
      token: 1,
    });
    const moved = { type: 'task.move', stage: 'ship', by: 'ann' };
    const again = after(merging, failure('update'), moved, prepared('something else', 'second'));
    expect(again.context.verdicts.tests).toBeUndefined();
    // Its lapsed verdict has led back to the gate that gave it.
    expect(statePath(again.value)).toBe('build.gating');
  });

  test('I16: a fork of one that has not begun yet begins on the same commit, for which the verdicts are', () => {
    const first = forked(after(begin({}), ...built));
    const { fork } = forkOf(past(first), { by: 'ann' });
    expect(fork.forkedFrom).toMatchObject({ taskId: 'y', commit: 'h', workItem: 'x', stage: 'ship' });
    const second = after(begin({ fork }), prepared('own', 'first'));
    expect(statePath(second.value)).toBe('ship.merging.waiting');
    // Where there is no such commit, there is nothing that they could be for.
    const nowhere = begin({ fork: { ...fork, forkedFrom: { ...fork.forkedFrom, commit: '' } } });
    expect(statePath(after(nowhere, prepared('own', 'first')).value)).toBe('build.gating');
  });

  test('I16: a verdict that had lapsed by then does not count again', () => {
    const result = (child: string, output: object) => ({ type: `xstate.done.actor.${child}`, output });
    const shipped = [
      ...[prepared('code'), { type: 'lease.granted', token: 1 }, result('update', { result: 'current' })],
      ...[result('merge', { result: 'merged', commit: 'm', codeTree: 'code' }), ran('ship'), published('other code')],
    ];
    const then = after(begin({}), ...built, ...shipped);
    expect([statePath(then.value), then.context.verdicts.tests?.codeTree]).toEqual(['ship.gating', 'code']);
    expect(statePath(after(forked(then), prepared('own')).value)).toBe('build.gating');
  });

  test('at a forge it has a pull request of its own before it merges anything', () => {
    const forge = { name: 'home', repository: 'acme/shop' };
    const then = after(begin({}), ...built);
    const fork = begin({ ...forkOf(past(then), { by: 'ann' }), forge }, 'y');
    const presenting = after(fork, prepared('own', 'first'));
    expect(statePath(presenting.value)).toBe('ship.presenting');
    const pushed = {
      type: 'xstate.done.actor.push',
      output: { result: 'pushed', pullRequest: { number: 8, url: 'u' } },
    };
    const merging = after(presenting, pushed);
    expect([statePath(merging.value), merging.context.forge?.pullRequest?.number]).toEqual(['ship.merging.waiting', 8]);
  });

  test('at a forge it is not found by what the other one is called', () => {
    const forge = { name: 'home', repository: 'acme/shop' };
    const pushed = {
      type: 'xstate.done.actor.push',
      output: { result: 'pushed', pullRequest: { number: 7, url: 'u' } },
    };
    const other = after(begin({ forge }), ...visit('plan', 'tree'), pushed, judged('documents', 'pass'), approved);
    const names = taskLinks(other);
    expect(names).toContain('home acme/shop pull 7');
    const fork = begin({ ...forkOf(past(other), { by: 'ann' }), forge, branch: 'feature/y' }, 'y');
    expect(taskLinks(fork).filter(name => names.includes(name))).toEqual([]);
    expect(taskLinks(after(fork, prepared('tree', 'first'))).filter(name => names.includes(name))).toEqual([]);
    expect(taskLinks(fork)).toContain('fork of x');
  });
});

describe('what a person may want otherwise', () => {
  const [bot, other, cheap] = ['bot', 'other', 'cheap'].map(name => plainAgent(name, [name]));
  const cast = { agent: bot, agents: { shipper: other } };
  const building = after(begin(cast), ...planned);

  test('another agent plays wherever the one of that stage played', () => {
    const { context } = forked(building, { by: 'ann', agent: cheap });
    expect([context.agent.name, context.agents.shipper?.name]).toEqual(['cheap', 'other']);
    const shipping = forked(after(begin(cast), ...built), { by: 'ann', agent: cheap });
    expect([shipping.context.agent.name, shipping.context.agents.shipper?.name]).toEqual(['bot', 'cheap']);
  });

  test('another model is for every stage that the same agent plays, also when its settings are fixed later', () => {
    const fork = forked(building, { by: 'ann', model: 'best' });
    expect(fork.context.models).toEqual({ plan: 'best', build: 'best' });
    const fixed = { type: 'task.retry', by: 'ann', agents: { bot: { ...bot, model: 'usual' } } };
    const blocked = after(fork, { type: 'xstate.error.actor.prepare', error: { message: 'no room' } }, fixed);
    expect(blocked.context).toMatchObject({ agent: { model: 'usual' }, models: { build: 'best' } });
  });

  test('a model goes with the agent for which it was chosen', () => {
    const chosen = forked(building, { by: 'ann', model: 'best' });
    expect(forked(chosen).context.models).toEqual({ plan: 'best', build: 'best' });
    expect(forked(chosen, { by: 'ann', agent: cheap }).context.models).toEqual({});
  });

  test('a stage with a model of its own goes on with the cheaper one all the same when its budget is used up', () => {
    const costly = {
      ...ran('build'),
      output: { ...ran('build').output, outcome: 'budget', usage: { ...noUsage, outputTokens: 120 } },
    };
    const fork = after(forked(building, { by: 'ann', model: 'best' }), prepared('tree'), costly);
    expect([statePath(fork.value), fork.context.models.build]).toEqual(['build.working.running', 'cheap']);
    expect(statePath(after(fork, costly).value)).toBe('build.awaitingBudget');
  });

  test('what the next agent is told comes before what came back by then, and is over when that is published', () => {
    expect(forked(building, { by: 'ann', prompt: 'Try awk' }).context.feedback).toEqual({
      from: 'ann',
      text: 'Try awk',
    });
    const refused = after(building, ...visit('build', 'code'), judged('tests', 'fail'));
    const fork = forked(refused, { by: 'ann', prompt: 'Try awk' });
    expect(fork.context.rework).toEqual({ build: 1 });
    expect(fork.context.feedback).toEqual({
      from: 'ann',
      text: 'Try awk\n\nBefore that, build said:\n\ntests says fail',
    });
    expect(after(fork, ...visit('build', 'code')).context.feedback).toBeNull();
  });
});
