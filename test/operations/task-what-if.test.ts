/** What an event would do, on paper: it is what it does when it is sent, and nothing of it is stored. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OutputOf } from '../../src/client/signalbox.ts';
import { personEvents } from '../../src/machines/standing.ts';
import { allOperations } from '../../src/operations/index.ts';
import type { AnyOperation } from '../../src/operations/operation.ts';
import { admit, checked, perform } from '../../src/operations/perform.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { playedSite } from '../http/played.ts';
import { machine, options, personEventsOf, stages } from '../http/task-model.ts';
import { failure, forgePipeline, judged, published, smallPipeline, taskInput } from '../model/cases.ts';
import { type ModelEvent, modelOf, play } from '../model/paths.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { playedTaskKinds } from '../support/played-tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

type WhatIf = OutputOf<'task.whatIf'>;

const all = new Map((await allOperations()).map(operation => [operation.name, operation]));
const codex = { ...taskInput.agent, name: 'codex', model: 'gpt-large' };

async function start() {
  const jobs = createPlayedJobs();
  const store = openSqliteStore({ file: join(temporaryDirectory(), 'tasks.db') });
  const { system, site } = await playedSite({ store, kinds: playedTaskKinds(jobs), jobConcurrency: 10_000 });
  onTestFinished(async () => {
    await system.runtime.stop({ drainMs: 0 });
    await store.close();
  });
  const who = { name: 'ann', key: null, tell: () => {}, signal: new AbortController().signal };
  const ask = async (name: string, input: object, role: 'viewer' | 'operator' = 'operator') => {
    const operation = all.get(name) as AnyOperation;
    return checked(operation, await perform(admit(operation, input, { ...who, role }), site));
  };
  return {
    ...system,
    /** What people send goes by its operation, everything else happens as a model says. */
    async step(id: string, event: ModelEvent) {
      if (!(event.type in personEvents)) return play(id, event, system, jobs);
      const { type, by: _by, at: _at, ...data } = event;
      await ask('task.send', { taskId: id, type, data });
      return system.settle();
    },
    task: (id: string) => ask('task.show', { taskId: id }) as Promise<OutputOf<'task.show'>>,
    whatIf: (id: string, event?: string, more: { data?: object | string; at?: number } = {}) =>
      ask('task.whatIf', { taskId: id, ...(event && { event }), ...more }, 'viewer') as Promise<WhatIf>,
  };
}

const prepared = { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } };
const ran = options.events.find(({ type }) => type === 'xstate.done.actor.analysis')!;

/** A task whose first stage a person has to approve; later ones are played by codex. */
async function atApproval() {
  const world = await start();
  const input = { ...taskInput, agents: { architect: codex } };
  await world.runtime.create('task', 'ET-1', input as never);
  await world.settle();
  for (const event of [prepared, ran, published('tree'), judged('requirements', 'pass')])
    await world.step('ET-1', event);
  expect(await world.state('ET-1')).toBe('analysis.awaitingApproval');
  return world;
}

test('an approval leads to the next stage, step by step, and says what it starts and who works there', async () => {
  const { whatIf } = await atApproval();
  expect(await whatIf('ET-1', 'task.approve')).toMatchObject({
    state: 'analysis.awaitingApproval',
    event: 'task.approve',
    missing: [],
    isTaken: true,
    reason: null,
    to: 'architecture.preparing',
    standing: 'working',
    stage: 'architecture',
    why: 'the worktree is made ready',
    headline: 'architecture begins',
    next: { agent: 'codex', model: 'gpt-large', stage: 'architecture' },
    steps: [
      { event: 'task.approve', from: 'analysis.awaitingApproval', to: 'analysis.deciding', guard: null },
      { event: 'always', from: 'analysis.deciding', to: 'architecture.preparing', guard: 'arePassed' },
    ],
    starts: [{ id: 'prepare', src: 'prepare', says: 'makes the worktree ready' }],
    stops: [],
    does: [],
    sends: [],
    deadlines: [],
  });
});

test('nothing of it is stored, whatever is asked', async () => {
  const { whatIf, runtime, store } = await atApproval();
  const look = async () => ({
    row: await runtime.actor('ET-1'),
    log: await runtime.log('ET-1', { after: 0, limit: 100 }),
    position: await runtime.lastPosition(),
    timers: await store.timers('ET-1'),
    children: await runtime.actors({ parentId: 'ET-1', limit: 10 }),
  });
  const before = await look();
  for (const { type, by: _, ...data } of personEventsOf) await whatIf('ET-1', type, { data });
  await whatIf('ET-1', 'xstate.done.actor.prepare', { data: { output: prepared.output }, at: 1 });
  expect(await look()).toEqual(before);
});

test('what changes nothing says why, and which guard stands in the way', async () => {
  const { whatIf, step, runtime, settle } = await atApproval();
  const late = await whatIf('ET-1', 'task.approve', { data: { question: 7 } });
  expect(late).toMatchObject({ isTaken: false, to: 'analysis.awaitingApproval', steps: [], starts: [] });
  expect(late.reason).toBe(
    'nothing waits for task.approve in analysis.awaitingApproval; ' +
      'isForAnotherQuestion holds (it answers another question than is asked now)',
  );
  expect((await whatIf('ET-1', 'task.answer', { data: { text: 'yes' } })).reason).toBe(
    'nothing waits for task.answer in analysis.awaitingApproval',
  );
  // A person's word stands in for no gate that has said no.
  await runtime.create('task', 'ET-2', taskInput as never, { definition: smallPipeline as never });
  await settle();
  const planned = { ...ran, type: 'xstate.done.actor.plan' };
  for (const event of [prepared, planned, published('tree'), judged('documents', 'fail')]) await step('ET-2', event);
  expect(await whatIf('ET-2', 'task.approve')).toMatchObject({
    isTaken: false,
    reason:
      'nothing waits for task.approve in plan.awaitingDecision; ' +
      'isOnlyInconclusive does not hold (documents could not be judged, none has failed, and the agent does not object)',
  });
});

test('a task can be moved to each stage, and to none that it does not have', async () => {
  const { whatIf } = await atApproval();
  for (const stage of stages) {
    const moved = await whatIf('ET-1', 'task.move', { data: { stage } });
    expect(moved).toMatchObject({ isTaken: true, stage, to: `${stage}.preparing`, standing: 'working' });
    expect(moved.steps).toHaveLength(1);
  }
  await expect(whatIf('ET-1', 'task.move', { data: { stage: 'reveiw' } })).rejects.toMatchObject({
    reason: 'noStage',
    message: expect.stringContaining('review'),
  });
});

test('what is not given is named, and a sample stands in for it', async () => {
  const { whatIf } = await atApproval();
  expect(await whatIf('ET-1', 'task.reject')).toMatchObject({
    missing: ['reason'],
    isTaken: true,
    to: 'analysis.preparing',
  });
  expect(await whatIf('ET-1', 'task.move')).toMatchObject({
    missing: ['stage'],
    isTaken: false,
    reason: 'it needs "stage"',
  });
  expect(await whatIf('ET-1', 'task.answer')).toMatchObject({
    missing: ['text'],
    reason: 'nothing waits for task.answer in analysis.awaitingApproval',
  });
  await expect(whatIf('ET-1', 'task.reject', { data: { reason: 7 } })).rejects.toMatchObject({ reason: 'badInput' });
});

test('fields may come as text, as a query has them', async () => {
  const { whatIf } = await atApproval();
  const moved = await whatIf('ET-1', 'task.move', { data: '{"stage":"review"}' });
  expect(moved).toMatchObject({ to: 'review.preparing' });
  for (const data of ['{"stage"', '[]', '7', '']) {
    await expect(whatIf('ET-1', 'task.move', { data })).rejects.toMatchObject({ reason: 'badInput' });
  }
});

test('as of an earlier entry it stands where it stood, and goes on from there', async () => {
  const { whatIf } = await atApproval();
  const output = JSON.stringify({ output: prepared.output });
  const begun = await whatIf('ET-1', 'xstate.done.actor.prepare', { data: output, at: 1 });
  expect(begun).toMatchObject({
    seq: 1,
    state: 'analysis.preparing',
    isTaken: true,
    to: 'analysis.working.running',
    next: null,
    starts: [{ id: 'analysis', src: 'agentRun', says: 'starts a for analysis', agent: 'a', stage: 'analysis' }],
    // It has told of its end by itself.
    stops: [],
  });
  expect(await whatIf('ET-1', 'task.approve', { at: 1 })).toMatchObject({ isTaken: false, seq: 1 });
  expect(await whatIf('ET-1', 'task.pause', { at: 2 })).toMatchObject({ to: 'analysis.working.pausing' });
  await expect(whatIf('ET-1', 'task.approve', { at: 99 })).rejects.toMatchObject({ reason: 'beyondLog' });
});

test('what others report is known by its name in the log of steps too; without what it reports nobody can say', async () => {
  const { whatIf } = await atApproval();
  expect(await whatIf('ET-1', 'done prepare', { at: 1 })).toMatchObject({
    event: 'xstate.done.actor.prepare',
    missing: ['output'],
    isTaken: false,
    reason: 'it needs "output"',
  });
  const broken = await whatIf('ET-1', 'error prepare', { at: 1 });
  expect(broken).toMatchObject({ missing: ['error'], isTaken: true, to: 'analysis.blocked', standing: 'blocked' });
  expect(broken.why).toBe('the worktree could not be prepared; …');
});

test('an event that nobody knows is refused with the nearest', async () => {
  const { whatIf } = await atApproval();
  await expect(whatIf('ET-1', 'task.aprove')).rejects.toMatchObject({
    reason: 'unknownEvent',
    message: expect.stringMatching(/nearest are task\.approve.* ET-1 takes .*task\.approve/),
  });
  await expect(whatIf('ET-1', 'xstate.done.actor.prepair')).rejects.toMatchObject({
    message: expect.stringContaining('xstate.done.actor.prepare'),
  });
  await expect(whatIf('ET-9', 'task.approve')).rejects.toMatchObject({ reason: 'noTask' });
});

test('a new try of what is blocked begins again, and moves on from there', async () => {
  const { whatIf, step, runtime, settle } = await start();
  await runtime.create('task', 'ET-1', taskInput as never);
  await settle();
  await step('ET-1', failure('prepare'));
  expect(await whatIf('ET-1', 'task.retry')).toMatchObject({
    state: 'analysis.blocked',
    isTaken: true,
    to: 'analysis.preparing',
    next: { agent: 'a' },
    starts: [{ src: 'prepare' }],
  });
  await step('ET-1', { type: 'task.retry' });
  expect(await whatIf('ET-1', 'task.retry')).toMatchObject({ isTaken: false, to: 'analysis.preparing' });
});

test('whoever works is ended by what leads away, and is told', async () => {
  const { whatIf, step, runtime, settle } = await start();
  await runtime.create('task', 'ET-1', taskInput as never);
  await settle();
  expect(await whatIf('ET-1', 'task.cancel')).toMatchObject({
    to: 'cancelled',
    standing: 'cancelled',
    stops: [{ id: 'prepare', src: 'prepare' }],
    does: ['removeWorktree'],
  });
  await step('ET-1', prepared);
  const [run] = await runtime.actors({ parentId: 'ET-1', kind: 'agentRun', limit: 1 });
  expect(await whatIf('ET-1', 'task.cancel')).toMatchObject({
    to: 'analysis.working.cancelling',
    stops: [],
    sends: [{ to: run!.id, event: 'run.stop' }],
  });
});

test('a gate that has answered is not ended once more', async () => {
  const { whatIf, step, runtime, settle } = await start();
  const input = { ...taskInput, forge: { name: 'home', repository: 'acme/shop' } };
  await runtime.create('task', 'ET-1', input as never, { definition: forgePipeline as never });
  await settle();
  const pushed = {
    type: 'xstate.done.actor.push',
    output: { result: 'pushed', pullRequest: { number: 7, url: 'u' } },
  };
  const built = { ...ran, type: 'xstate.done.actor.build' };
  for (const event of [prepared, built, published('tree')]) await step('ET-1', event);
  const gates = await whatIf('ET-1', 'done push', { data: { output: pushed.output } });
  expect(gates.starts).toEqual([
    { id: 'gate-ci', src: 'gate', says: 'judges ci', gate: 'ci' },
    { id: 'gate-people', src: 'gate', says: 'judges people', gate: 'people' },
  ]);
  await step('ET-1', pushed);
  const stopped = async () => (await whatIf('ET-1', 'task.cancel')).stops.map(({ id }) => id);
  expect(await stopped()).toEqual(['gate-ci', 'gate-people']);
  await step('ET-1', judged('ci', 'pass'));
  expect(await stopped()).toEqual(['gate-people']);
  expect(await whatIf('ET-1', 'done gate-ci', { data: { output: judged('ci', 'fail').output } })).toMatchObject({
    isTaken: false,
    reason: 'gate-ci is not at work',
  });
});

test('a deadline that would begin is told with its length', async () => {
  const { whatIf, step, runtime, settle } = await start();
  const blocker = { name: 'b', task: null, item: null };
  await runtime.create('task', 'ET-1', { ...taskInput, blockedBy: [blocker] } as never);
  await settle();
  const output = { open: [{ name: 'b', task: null, how: 'open' }], forEver: null };
  expect(await whatIf('ET-1', 'done blockers', { data: { output } })).toMatchObject({
    to: 'waiting.held',
    standing: 'waiting',
    next: null,
    deadlines: [{ name: 'after 600000', afterMs: 600_000 }],
  });
  await step('ET-1', { type: 'xstate.done.actor.blockers', output });
  expect((await whatIf('ET-1', 'after 600000')).to).toBe('waiting.looking');
});

test('what has ended is moved by nothing, and has no guards any more', async () => {
  const { whatIf, step } = await atApproval();
  await step('ET-1', { type: 'task.cancel' });
  for (const { type, by: _, ...data } of personEventsOf) {
    expect(await whatIf('ET-1', type, { data })).toMatchObject({
      isTaken: false,
      reason: 'ET-1 has ended',
      to: 'cancelled',
      guards: [],
    });
  }
  expect(await whatIf('ET-1', 'task.approve', { at: 5 })).toMatchObject({ isTaken: true });
});

test('without an event it says what each guard says now, those of states around it too', async () => {
  const { whatIf } = await atApproval();
  const { event, isTaken, reason, to, steps, guards } = await whatIf('ET-1');
  expect({ event, isTaken, reason, to, steps }).toEqual({
    ...{ event: null, isTaken: false, reason: null, to: 'analysis.awaitingApproval', steps: [] },
  });
  expect(guards).toContainEqual({
    event: 'task.approve',
    from: 'analysis.awaitingApproval',
    target: null,
    guard: 'isForAnotherQuestion',
    holds: false,
    means: 'it answers another question than is asked now',
  });
  expect(guards).toContainEqual({
    event: 'task.move',
    from: 'analysis.awaitingApproval',
    target: 'review',
    guard: 'isMoveTo',
    holds: null,
    means: 'the stage to go on from is review',
  });
  const moved = await whatIf('ET-1', 'task.move', { data: { stage: 'review' } });
  const holding = moved.guards.filter(({ guard, holds }) => guard === 'isMoveTo' && holds === true);
  expect(holding.map(({ target }) => target)).toEqual(['review']);
});

test('whatever somebody imagines is answered, or refused as making no sense', async () => {
  const { whatIf, step, runtime, settle, faults } = await start();
  await runtime.create('task', 'ET-1', taskInput as never);
  await settle();
  const odd = [null, 7, 'x', [], {}, { result: 'merged', commit: 7 }, { verdict: 'fail', gate: 'x' }, { open: 7 }];
  const refused = new Set<string>();
  for (const event of [undefined, prepared, ran, published('tree'), judged('requirements', 'pass')]) {
    if (event !== undefined) await step('ET-1', event);
    for (const type of machine.events as string[]) {
      for (const value of odd) {
        const data = { output: value, error: value, token: value, number: value, sha: value, results: value };
        const answer = await whatIf('ET-1', type, { data }).catch((error: { reason?: string }) => error);
        if ('reason' in answer && !('to' in answer)) refused.add(String(answer.reason));
        else expect([type, answer]).toEqual([type, expect.objectContaining({ event: type })]);
      }
    }
  }
  expect([...refused].filter(reason => reason !== 'badInput')).toEqual([]);
  expect(faults).toEqual([]);
});

const model = modelOf(machine, options);

test(`on all ${model.paths.length} paths of the model, and by every move, an event leads where it was said to lead`, async () => {
  const { runtime, settle, task, whatIf, step, faults } = await start();
  let made = 0;
  async function begin(events: readonly ModelEvent[] = []): Promise<string> {
    made += 1;
    const id = `T-${made}`;
    await runtime.create('task', id, taskInput as never);
    await settle();
    for (const event of events) await step(id, event);
    return id;
  }

  async function compare(id: string, event: ModelEvent): Promise<void> {
    const { type, by: _by, at: _at, ...data } = event;
    const paper = await whatIf(id, type, { data });
    await step(id, event);
    const { state, standing, stage, headline, why, waits } = await task(id);
    const about = JSON.stringify([paper.state, event]);
    expect([about, paper.isTaken, paper.to]).toEqual([about, true, state]);
    // What a run waits for is known once there is one.
    expect(paper).toMatchObject({ standing, stage, headline, ...(waits === null && { why }) });
    expect(paper.steps.at(-1)?.to ?? paper.state).toBe(state);
  }

  /** What was tried on an earlier path is the same on this one. */
  const seen = new Set<string>();
  const tried = new Set<string>();
  const nameOf = (state: string, { type, stage = '' }: ModelEvent) => `${state} ${type} ${String(stage)}`;
  /** Moves that were offered on the way, and how to come where they are. */
  const offered = new Map<string, { way: ModelEvent[]; event: ModelEvent }>();
  for (const { events } of model.paths) {
    const id = await begin();
    for (const [index, event] of events.entries()) {
      const way = events.slice(0, index);
      const name = JSON.stringify([...way, event]);
      if (seen.has(name)) {
        await step(id, event);
        continue;
      }
      seen.add(name);
      const { state, moves } = await task(id);
      for (const { event: type, fields } of moves) {
        const stages = fields.find(({ options }) => options !== undefined)?.options;
        for (const it of personEventsOf.filter(it => it.type === type && (stages?.includes(String(it.stage)) ?? true)))
          offered.set(nameOf(state, it), { way, event: it });
      }
      tried.add(nameOf(state, event));
      await compare(id, event);
    }
  }
  for (const [name, { way, event }] of offered) if (!tried.has(name)) await compare(await begin(way), event);
  expect(offered.size).toBeGreaterThan(300);
  expect(faults).toEqual([]);
}, 240_000);
