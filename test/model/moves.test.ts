/** What a task says of itself in every state that it can be in: how it stands, why, and what could be done about it. */
import { expect, test } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { personEvents, stageIn, standingIn, standings, tagForState, taskTags } from '../../src/machines/standing.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { type Move, movesOf, sayingsAt, whyOf } from '../../src/machines/words.ts';
import { statePath } from '../../src/runtime/stepper.ts';
import { smallPipeline, taskModel } from './cases.ts';
import { modelOf } from './paths.ts';

const machine = compileTask(smallPipeline);
const { snapshots } = modelOf(machine, taskModel(machine));
const pathOf = (snapshot: AnyMachineSnapshot) => statePath(snapshot.value);
const moves = (snapshot: AnyMachineSnapshot) => movesOf(machine, snapshot, personEvents);

/** The event of a move, with the first of what each field can be. */
const eventOf = ({ event, fields }: Move) => ({
  type: event,
  by: 'ann',
  at: 0,
  ...Object.fromEntries(fields.map(({ name, options }) => [name, options?.[0] ?? 'text'])),
});

test('every move that is offered is one that the machine takes, and no other event of a person is', () => {
  expect(snapshots.length).toBeGreaterThan(100);
  for (const snapshot of snapshots.filter(({ status }) => status === 'active')) {
    const offered = moves(snapshot);
    for (const move of offered)
      expect([pathOf(snapshot), move.event, snapshot.can(eventOf(move) as never)]).toContain(true);
    const others = Object.keys(personEvents).filter(event => !offered.some(move => move.event === event));
    for (const event of others) {
      const refused = smallPipeline.stages.every(
        ({ name }) => !snapshot.can({ type: event, stage: name, by: '', at: 0 } as never),
      );
      expect([pathOf(snapshot), event, refused]).toContain(true);
    }
  }
});

test('every move says what it does, and every wait for a person has one that is usual', () => {
  const offered = snapshots.flatMap(snapshot => moves(snapshot).map(move => `${move.event}: ${move.does}`));
  expect([...new Set(offered)].filter(text => text.endsWith(': '))).toEqual([]);
  const waiting = snapshots.filter(snapshot =>
    ['person', 'blocked', 'paused'].includes(standingIn(taskTags(snapshot))),
  );
  expect(waiting.filter(snapshot => !moves(snapshot).some(({ isUsual }) => isUsual)).map(pathOf)).toEqual([]);
});

test('what has ended can be moved by nothing', () => {
  expect(snapshots.filter(({ status }) => status !== 'active').flatMap(moves)).toEqual([]);
});

test('a task says why it is where it is, wherever it can rest', () => {
  const silent = snapshots.filter(snapshot => !whyOf(machine, snapshot)).map(pathOf);
  expect([...new Set(silent)]).toEqual([]);
});

test('a task always carries one standing and its stage, and a list by state finds it by its tag', () => {
  const stages = [...smallPipeline.stages.map(({ name }) => name), 'landing', 'done', 'cancelled', 'failed'];
  for (const snapshot of snapshots) {
    const tags = taskTags(snapshot);
    expect([pathOf(snapshot), tags.filter(tag => (standings as readonly string[]).includes(tag)).length]).toContain(1);
    expect(stages).toContain(stageIn(tags));
    expect(tags).toContain(tagForState(pathOf(snapshot)));
    expect(tags).toContain('project:p');
  }
});

test('only people are waited for where it says so', () => {
  const byStanding = Map.groupBy(snapshots, snapshot => standingIn(taskTags(snapshot)));
  const steps = (standing: string) => [...new Set((byStanding.get(standing as never) ?? []).map(pathOf))];
  expect(steps('person').every(path => /awaiting|\.unsure$/.test(path))).toBe(true);
  expect(steps('blocked').every(path => /blocked$/.test(path))).toBe(true);
  expect(steps('paused').every(path => /^paused|parked$/.test(path))).toBe(true);
  expect(steps('working').some(path => /awaiting|blocked|^paused|parked/.test(path))).toBe(false);
});

test('what is worth a line has one, by the path of the state alone', () => {
  expect(sayingsAt(machine, 'plan.awaitingApproval').headline).toBe("plan waits for a person's approval");
  expect(sayingsAt(machine, 'paused.plan.held')).toMatchObject({ headline: 'paused', tags: ['paused'] });
  expect(sayingsAt(machine, 'build.deciding').headline).toBeUndefined();
  expect(sayingsAt(machine, 'nowhere.at.all').headline).toBeUndefined();
});
