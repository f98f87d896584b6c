/** What lands is what every gate that counts has passed, whichever way a task has come to the merge or to its end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Pipeline, pipelineSchema } from '../../src/machines/pipeline.ts';
import { begin } from '../../src/machines/proof/replay.ts';
import { isOwedPassed } from '../../src/machines/task/owing.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { type PureTask, playTask, type Word, type World } from '../support/pure-task.ts';

const cases = fileURLToPath(new URL('../fixtures/pipelines/', import.meta.url));
const pipelineOf = (file: string): Pipeline => pipelineSchema.parse(parse(readFileSync(join(cases, file), 'utf8')));

/** Whoever is asked approves, and nobody else does anything. */
const willing: World = {
  code: (stage, visit, tree) => (visit === 1 ? `${tree}+${stage}` : tree),
  verdict: () => 'pass',
  person: ({ context }) => (context.asks?.kind === 'approval' ? { type: 'task.approve' } : undefined),
};
const play = (file: string, world: Partial<World> = {}) => playTask(pipelineOf(file), { ...willing, ...world });
const trees = ({ landed }: PureTask) => landed.map(({ by, tree }) => `${by} ${tree}`);
/** In order, what people send where they are asked. */
const saying = (...types: string[]): World['person'] => {
  const rest = types.values();
  return ({ context }) => {
    if (context.asks == null) return undefined;
    const type: string | undefined = rest.next().value;
    return type === undefined ? undefined : { type, reason: 'no' };
  };
};

test('a stage that merges what it has made itself lands it only when its own gate has passed it', () => {
  // Refused, worked on again, refused: nothing of it reaches the target; the third is good.
  const said: Word[] = ['fail', 'fail', 'pass'];
  const task = play('12-mergebuild.yaml', {
    code: (_, visit) => `try${visit}`,
    verdict: (_, __, time) => said[time - 1] ?? 'pass',
  });
  expect(task.state).toBe('done');
  expect(trees(task)).toEqual(['build base', 'landing try3', 'done try3']);
});

test.each(['task.retry', 'task.reject'])('%s leads no refused code to the target', type => {
  const task = play('28-ship.yaml', {
    // The deployer changes the code, and its gate refuses that, however often.
    code: (stage, visit, tree) => (stage === 'ship' ? `hot${visit}` : visit === 1 ? 'built' : tree),
    verdict: (gate, tree) => (gate === 'smoke' && tree.startsWith('hot') ? 'fail' : 'pass'),
    person: saying(type, type, type, type),
  });
  expect(task.landed.filter(({ tree }) => tree.startsWith('hot'))).toEqual([]);
});

test('the developer is told what the deployer’s gate has refused, and what he makes of it is merged', () => {
  const task = play('28-ship.yaml', {
    code(stage, visit, tree) {
      if (stage === 'ship') return visit === 1 ? 'hot' : tree;
      return visit === 1 ? 'built' : 'fixed';
    },
    verdict: (gate, tree) => (gate === 'smoke' && tree === 'hot' ? 'fail' : 'pass'),
  });
  expect([task.state, trees(task)]).toEqual(['done', ['ship built', 'ship fixed', 'landing fixed', 'done fixed']]);
});

test('who sends back what he should approve has refused that code, by whatever way it comes to the merge', () => {
  const task = play('19-mergeapproval.yaml', {
    code: (_, visit) => (visit < 3 ? 'same' : 'other'),
    person: saying('task.reject', 'task.retry', 'task.approve'),
  });
  expect([task.state, trees(task)]).toEqual(['done', ['build base', 'landing other', 'done other']]);
});

test('one word is one approval, and with other code each is asked for again', () => {
  const asked: string[] = [];
  const task = play('05-approvalonly.yaml', {
    code: (stage, visit, tree) => (visit === 1 && stage !== 'ship' ? `${tree}+${stage}` : tree),
    person({ context }) {
      if (context.asks?.kind !== 'approval') return undefined;
      asked.push(context.waitsFor!);
      return { type: 'task.approve' };
    },
  });
  expect(task.state).toBe('done');
  expect(asked).toEqual([
    'a person has to approve build (lead; 2 of 2 are missing)',
    'a person has to approve build (security; 1 of 2 are missing)',
    // The second stage has changed the code.
    'a person has to approve build (lead; 2 of 2 are missing)',
    'a person has to approve build (security; 1 of 2 are missing)',
    'a person has to approve ship',
  ]);
  for (const { tree, said } of task.landed.slice(1))
    expect([tree, said.lead, said.security]).toEqual([tree, 'pass', 'pass']);
});

test('without a merge the end too is for the code that was judged', () => {
  const task = play('18-mergeless.yaml', {
    verdict: (gate, tree) => (gate === 'tests' && tree === 'base+build+docs' ? 'fail' : 'pass'),
  });
  expect(task.state).toBe('build.awaitingDecision');
  expect(play('18-mergeless.yaml')).toMatchObject({
    state: 'done',
    landed: [{ said: { tests: 'pass', review: 'pass', notes: 'pass' } }],
  });
});

test('with two merges every gate speaks of the code that is there in the end', () => {
  const both = [
    ['21-twomerges.yaml', 'shipB'],
    ['23-landingpause.yaml', 'shipA'],
  ] as const;
  for (const [file, last] of both) {
    const task = play(file, {
      code: (stage, visit, tree) => (visit === 1 && stage !== last ? `${tree}+${stage}` : tree),
    });
    const { state, landed } = task;
    expect([file, state, landed.at(-1)!.said]).toEqual([file, 'done', { tests: 'pass', depA: 'pass', depB: 'pass' }]);
  }
});

test('a stage that is only gone to after a refusal owes its gates for what it has made, and no others', () => {
  const code: World['code'] = (stage, visit, tree) => (stage !== 'review' && visit === 1 ? `${tree}+${stage}` : tree);
  expect(play('10-fixer.yaml', { code })).toMatchObject({ state: 'done', runs: ['build', 'review'] });
  const fixed = play('10-fixer.yaml', {
    code,
    verdict: (gate, _, time) => (gate === 'review' && time === 1 ? 'fail' : 'pass'),
  });
  expect(fixed.state).toBe('done');
  expect(fixed.landed).toMatchObject([{ said: { tests: 'pass', review: 'pass', fixTests: 'pass' } }]);
});

test('a smoke test after the merge that fails keeps a task from being done, and merges nothing again', () => {
  const task = play('29-verify.yaml', {
    code: (stage, _, tree) => (stage === 'build' ? 'built' : tree),
    verdict: gate => (gate === 'smokeTest' ? 'fail' : 'pass'),
    person: saying('task.reject', 'task.retry', 'task.retry'),
  });
  expect([task.state, trees(task)]).toEqual(['smoke.awaitingDecision', ['ship built']]);
});

test('an objection that has no tries left is not overruled by an approval', () => {
  const approving = playTask(pipelineOf('30-objection.yaml'), {
    ...willing,
    objection: () => 'The totals are wrong.',
    person: ({ context }) => (context.asks == null ? undefined : { type: 'task.approve' }),
  });
  expect(approving.state).toBe('review.awaitingDecision');
  const sentBack = playTask(pipelineOf('30-objection.yaml'), {
    ...willing,
    objection: (_, visit) => (visit === 1 ? 'The totals are wrong.' : null),
    person: saying('task.reject'),
  });
  expect([sentBack.state, sentBack.runs]).toEqual(['done', ['build', 'review', 'build', 'review']]);
});

test.each(['16-names.yaml', '31-stage-constructor.yaml'])('%s: a word that every object knows is no name', file => {
  expect(() => pipelineOf(file)).toThrow(/means something in every program/);
});

const stageOf = (name: string, gate: string, more: object = {}) => ({
  ...{ name, role: 'worker', gates: [{ kind: 'command', name: gate }] },
  ...more,
});
const merging = { merge: { onConflict: 'build' } };
const smoked = pipelineSchema.parse({
  name: 'smoked',
  stages: [stageOf('build', 'tests'), stageOf('ship', 'health', merging), stageOf('smoke', 'smokeTest')],
});

test('a word on what could not be judged passes that, and nothing that was never asked', () => {
  const asked: string[] = [];
  let moved = 0;
  const task = playTask(smoked, {
    ...willing,
    code: (stage, visit, tree) => (stage === 'build' && visit === 1 ? 'built' : tree),
    verdict(gate, tree) {
      asked.push(`${gate} ${tree}`);
      return gate === 'tests' && tree === 'built^' ? 'inconclusive' : 'pass';
    },
    moves: () => moved++ === 0,
    person: ({ context }) => (context.asks?.kind === 'decision' ? { type: 'task.approve' } : undefined),
  });
  expect(task.state).toBe('done');
  expect(asked).toEqual(['tests built', 'tests built^', 'health built^', 'smokeTest built^']);
});

/** Goes on as things go well, with the target ahead once, until the task is there. */
function until(state: string, pipeline: Pipeline) {
  const task = begin(compileTask(pipeline));
  for (let steps = 0; task.state() !== state && steps < 100; steps += 1) {
    const well = task.choices(pipeline).filter(({ isWell }) => isWell);
    const wanted = well.find(
      ({ says }) => says.includes('the target has moved on') || says.includes('changes the code'),
    );
    task.take(wanted ?? well[0]!);
  }
  const send = (type: string) => task.take({ event: { type, by: 'ann', at: 0 }, says: type, isWell: true }).to;
  return { ...task, send };
}

test('a pause while the merged code is judged leads back to its being judged', () => {
  const { send, take, choices } = until('ship.merging.leased.judging', smoked);
  expect(send('task.pause')).toBe('paused.ship.held');
  send('task.resume');
  const states = Array.from({ length: 4 }, () => {
    const well = choices(smoked).filter(({ isWell }) => isWell);
    return take(well.find(({ says }) => says.includes('has all that')) ?? well[0]!).to;
  });
  expect(states).toContain('ship.merging.leased.judging');
});

test.each([
  ['task.cancel', 'cancelled'],
  ['task.pause', 'paused.build.held'],
])('what is judged last can still be called off: %s', (type, state) => {
  const own = pipelineSchema.parse({ name: 'own', stages: [stageOf('build', 'tests', merging)] });
  expect(until('landing.leased.judging', own).send(type)).toBe(state);
});

test('a task of an earlier version does not merge what its gate has refused either', () => {
  const verdict = (gate: string, word: string) => ({
    ...{ gate, verdict: word, detail: '', stage: 'ship', codeTree: 'hot', by: 'signalbox', at: 0 },
  });
  const context = {
    ...{ codeTree: 'hot', merged: { commit: 'c', codeTree: 'built', at: 0 } },
    verdicts: { tests: verdict('tests', 'pass'), health: verdict('health', 'fail') },
  };
  const owed = { gates: ['tests'], bound: ['tests'], makers: { ship: ['health'], smoke: ['smokeTest'] } };
  expect(isOwedPassed(context as never, owed)).toBe(false);
  const judgedWell = { ...context, verdicts: { ...context.verdicts, health: verdict('health', 'pass') } };
  expect(isOwedPassed(judgedWell as never, owed)).toBe(true);
});
