import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import { breakerMachine } from '../../src/machines/breaker.ts';
import { checkMachine, checkPipeline } from '../../src/machines/check.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { mergeQueueMachine } from '../../src/machines/merge-queue.ts';
import { type PipelineSource, pipelineSchema } from '../../src/machines/pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { workerMachine } from '../../src/machines/worker.ts';
import { lintMachine } from '../../src/runtime/index.ts';
import { inertEffects } from '../support/runtime.ts';

const verdict = (name: string) => ({ kind: 'verdict' as const, name, file: `${name}.md`, pass: ['YES'], fail: ['NO'] });
const stage = (name: string, more: object = {}) => ({ name, role: 'worker', gates: [verdict(`${name}Gate`)], ...more });
const pipeline = (...stages: object[]) => pipelineSchema.parse({ name: 'test', stages } as PipelineSource);
const merging = { merge: { onConflict: 'build' } };

test('the default pipeline holds', () => {
  expect(checkPipeline(defaultPipeline)).toEqual([]);
});

test('a run of an agent ends, whatever happens', () => {
  // A reset is waited for behind the breaker, and a session is lost once: the next one begins fresh.
  const budgets = ['mayTryLater', 'mayTryAgain', 'mayHandOver', 'isInterrupted', 'waitsForReset', 'hasLostSession'];
  const bounds = {
    isPersonal: (event: string) => event.startsWith('run.'),
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
  const violations = checkPipeline(pipeline(stage('build', { next: 'ship' }), stage('review'), stage('ship', merging)));
  expect(violations.map(({ property, message }) => `${property}: ${message}`)).toContain(
    'reachable: review is never reached unless a person sends a task there',
  );
});

test('a gate that is judged only after the merge is found, with the way around it', () => {
  const violations = checkPipeline(pipeline(stage('build'), stage('ship', merging), stage('review')));
  const violation = violations.find(({ property }) => property === 'gated');
  expect(violation?.message).toBe('ship.merging.leased.writing can be reached around the gate reviewGate of review');
  expect(violation?.counterexample).toMatch(/^created\n {2}—always→ build\.preparing\n/);
});

test('a way back without a budget is a loop without bound', () => {
  const violations = checkPipeline(
    pipeline(stage('build'), stage('review', { next: 'build' }), stage('ship', merging)),
  );
  const violation = violations.find(({ property }) => property === 'bounded');
  expect(violation?.counterexample).toMatch(/build.*review.*build/s);
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
    'canEnd: from trap no end can be reached',
    'canEnd: from trap2 no end can be reached',
    'bounded: a loop through trap is bounded by no budget',
    'owned: trap waits for nobody: no actor, no deadline, no person',
    'owned: trap2 waits for nobody: no actor, no deadline, no person',
  ]);
  expect(found[1]?.counterexample).toBe('a\n  —task.go→ trap');
});

test('a pipeline that merges nothing holds too: the end needs every gate, however a task came there', () => {
  expect(checkPipeline(pipeline(stage('build'), stage('review', { rework: { to: 'build' } })))).toEqual([]);
});
