import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import { breakerMachine } from '../../src/machines/breaker.ts';
import { checkMachine, checkPipeline } from '../../src/machines/check.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { graphOf } from '../../src/machines/graph.ts';
import { mergeQueueMachine } from '../../src/machines/merge-queue.ts';
import { type Pipeline, type PipelineSource, pipelineSchema } from '../../src/machines/pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { workerMachine } from '../../src/machines/worker.ts';
import { lintMachine } from '../../src/runtime/index.ts';
import { inertEffects } from '../support/runtime.ts';

const verdict = (name: string) => ({ kind: 'verdict' as const, name, file: `${name}.md`, pass: ['YES'], fail: ['NO'] });
const stage = (name: string, more: object = {}) => ({ name, role: 'worker', gates: [verdict(`${name}Gate`)], ...more });
const pipeline = (...stages: object[]) => pipelineSchema.parse({ name: 'test', stages } as PipelineSource);
const merging = { merge: { onConflict: 'build' } };

const wrongIn = (pipelined: Pipeline) =>
  checkPipeline(pipelined).violations.map(({ property, message }) => `${property}: ${message}`);

test('the default pipeline holds, and the most agents that it calls are counted', () => {
  const { violations, notes, runs } = checkPipeline(defaultPipeline);
  expect([violations, notes, runs]).toEqual([[], [], 168]);
});

test('a run of an agent ends, whatever happens', () => {
  // A reset is waited for behind the breaker, and a session is lost once: the next one begins fresh.
  const budgets = ['mayTryLater', 'mayTryAgain', 'mayHandOver', 'isInterrupted', 'waitsForReset', 'hasLostSession'];
  const bounds = {
    // A machine sleeps when somebody closes its lid.
    isPersonal: (event: string) => event.startsWith('run.') || event === 'agent.slept',
    isBudget: (guard: string) => budgets.includes(guard),
  };
  expect(checkMachine(agentRunMachine as never, bounds)).toEqual([]);
});

test('every machine of ours passes the lint', () => {
  const machines = [agentRunMachine, breakerMachine, workerMachine, mergeQueueMachine, compileTask(defaultPipeline)];
  for (const machine of machines as never as ReturnType<typeof compileTask>[]) {
    const provided = { effects: inertEffects, actors: machine.implementations.actors };
    expect(lintMachine(machine, provided)).toEqual([]);
  }
});

test('a pipeline that skips a stage is refused: only a person who sends a task there would ever reach it', () => {
  const skipping = pipeline(stage('build', { next: 'ship' }), stage('review'), stage('ship', merging));
  expect(wrongIn(skipping)).toEqual(['reachable: review is never reached unless a person sends a task there']);
});

test('what is asked for only after the merge is found, on a way that the machine goes', () => {
  const late = { gates: [{ kind: 'artifacts', name: 'notes', files: ['notes.md'] }] };
  const { violations } = checkPipeline(pipeline(stage('build'), stage('ship', merging), stage('log', late)));
  expect(violations).toMatchObject([
    {
      property: 'gated',
      message: 'notes of log is asked for only when the code is merged already; put it before ship',
    },
  ]);
  expect(violations[0]!.way.map(({ to }) => to)).toEqual([
    ...['build.working.running', 'build.publishing', 'build.gating', 'ship.preparing', 'ship.merging.waiting'],
    ...['ship.merging.leased.updating', 'ship.merging.leased.writing'],
  ]);
});

test('a smoke test after the merge is the usual thing', () => {
  expect(wrongIn(pipeline(stage('build'), stage('ship', merging), stage('smoke')))).toEqual([]);
});

test('a way back without a budget calls agents without an end', () => {
  const { violations, runs } = checkPipeline(
    pipeline(stage('build'), stage('review', { next: 'build' }), stage('ship', merging)),
  );
  expect(runs).toBeNull();
  expect(violations.map(({ property }) => property)).toContain('bounded');
  const found = violations.find(({ property }) => property === 'bounded')!;
  expect(found.message).toMatch(/again and again at (?:build|review)\.working\.running/);
});

test('a loop through a person is bounded by him, and never done', () => {
  const approval = { gates: [{ kind: 'approval', name: 'ok' }], next: 'build' };
  expect(wrongIn(pipeline(stage('build'), stage('demo', approval)))).toEqual([
    'ends: though every gate passes, it is never done: it goes round through build, demo',
  ]);
});

test('dead ends, unreachable states and waits for nobody are found in any machine', () => {
  const machine = createMachine({
    id: 'bad',
    initial: 'a',
    states: {
      a: { on: { 'task.go': 'trap', 'task.end': 'end' } },
      trap: { on: { tick: 'trap2' } },
      trap2: { on: { tock: 'trap' } },
      lost: { on: { 'task.go': 'end' } },
      end: { type: 'final' },
    },
  });
  const found = checkMachine(machine, { isPersonal: event => event.startsWith('task.'), isBudget: () => false });
  expect(found.map(({ property, message }) => `${property}: ${message}`)).toEqual([
    'reachable: lost can never be reached',
    'ends: from trap no end can be reached',
    'ends: from trap2 no end can be reached',
    'bounded: a loop through trap is bounded by no budget',
    'owned: trap waits for nobody: no actor, no deadline, no person',
    'owned: trap2 waits for nobody: no actor, no deadline, no person',
  ]);
  expect(found[1]?.way).toEqual([{ says: 'task.go', sends: null, to: 'trap' }]);
});

test('a pipeline that merges nothing holds too: the end needs every gate, however a task came there', () => {
  const { violations, notes, isWhole } = checkPipeline(
    pipeline(stage('build'), stage('review', { rework: { to: 'build' } })),
  );
  expect([violations, isWhole]).toEqual([[], true]);
  expect(notes).toEqual(['nothing is merged: the branch is left to you']);
});

test('whoever is waited for is named, with when it is over at the latest', () => {
  const { waits } = checkPipeline(
    pipeline(
      { ...stage('build'), gates: [{ kind: 'command', name: 'tests', timeout: '5m' }], run: { timeLimit: '1h' } },
      {
        ...stage('look'),
        gates: [
          { kind: 'ci', name: 'builds', deadline: '3h' },
          { kind: 'approval', name: 'yes' },
        ],
      },
    ),
  );
  const until = (owner: string) => waits.find(wait => wait.owner === owner)?.until;
  expect(until('the gate tests')).toBe('5m 00s for each try');
  expect(until('the gate builds, at the forge')).toBe('3h 00m');
  expect(waits.filter(({ at }) => at.includes('build.working.running'))).toMatchObject([
    { until: '1h 00m for each process' },
  ]);
  expect(waits.filter(({ at }) => at.includes('look.awaitingApproval'))).toMatchObject([
    { owner: 'a person', until: null },
  ]);
});

test('no state in which a task rests is without somebody who is waited for', () => {
  const graph = graphOf(compileTask(defaultPipeline));
  const { waits } = checkPipeline(defaultPipeline, 100);
  const named = new Set(waits.flatMap(({ at }) => at));
  const resting = [...graph.places.values()].filter(({ isFinal, isPassing }) => !isFinal && !isPassing);
  expect(resting.map(({ path }) => path).filter(path => !named.has(path))).toEqual([]);
});
