import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makePlace } from './place.ts';

const poll = { timeout: 15_000, interval: 25 };
const countOf = (visits: string[], stage: string) => visits.filter(visit => visit.startsWith(`${stage}.`)).length;

test('questions wait for a person, and the answer runs the analyst again with both', async () => {
  const place = await makePlace();
  // Approving everything is no answer to a question.
  const asked = await place.run('analysis.1=asks');
  expect(asked.code).toBe(3);
  expect(asked.stdout).toContain('signalbox task answer ET-1 --text');
  expect(await place.task()).toMatchObject({
    state: 'analysis.awaitingAnswer',
    questions: expect.stringContaining('Which currency is it?'),
  });

  expect((await place.signalbox('task', 'answer', 'ET-1', '--text', 'It is the euro.')).code).toBe(0);
  expect((await place.resume('--approve-all')).code).toBe(0);
  expect(place.visits().slice(0, 2)).toEqual(['analysis.1', 'analysis.2']);
  expect(place.prompt('analysis.2')).toContain('Which currency is it?');
  expect(place.prompt('analysis.2')).toContain('It is the euro.');
});

test('an approval is no answer', async () => {
  const place = await makePlace();
  await place.run('analysis.1=asks');
  expect((await place.signalbox('task', 'approve', 'ET-1')).code).toBe(1);
  expect((await place.task()).state).toBe('analysis.awaitingAnswer');
});

test('an analyst that leaves neither documents nor questions is a matter for a person', async () => {
  const place = await makePlace();
  expect((await place.run('analysis=idles')).code).toBe(3);
  expect((await place.task()).state).toBe('analysis.awaitingDecision');
  expect(place.visits()).toEqual(['analysis.1']);
});

test('a conflict that the architect finds goes back to the analyst with its first 500 characters', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.run('architecture.1=objects');
  expect(code, stdout).toBe(0);
  expect(place.visits().slice(0, 4)).toEqual(['analysis.1', 'architecture.1', 'analysis.2', 'architecture.2']);
  const prompt = place.prompt('analysis.2');
  expect(prompt).toContain('The requirements contradict each other.');
  expect(prompt).not.toContain('THE END');
});

test('an architect who objects again and again is a matter for a person, approved or not', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('architecture=objects'), '--approve-all']);
  const objections = () => countOf(place.visits(), 'architecture');
  // More than four would be a loop that no budget ends.
  const { code } = await Promise.race([running, vi.waitUntil(() => objections() > 4 && { code: 'loop' }, poll)]);
  expect(code).toBe(3);
  expect(objections()).toBe(4);
  expect((await place.task()).state).toBe('architecture.awaitingDecision');
});

test('a reviewer who asks for changes four times has had three reworks; then a person decides', async () => {
  const place = await makePlace();
  const { code } = await place.run('review=refuses');
  expect(code).toBe(3);
  expect(countOf(place.visits(), 'review')).toBe(4);
  expect(countOf(place.visits(), 'development')).toBe(4);
  expect((await place.task()).state).toBe('review.awaitingDecision');
  expect(place.prompt('development.2')).toContain('Finding number 1.');
  expect(place.prompt('development.4')).toContain('Finding number 3.');
  expect(await place.git(['log', '--oneline', 'main'])).not.toContain('Merge');
});

test("a person's approval does not overrule a reviewer who has said no", async () => {
  const place = await makePlace();
  await place.run('review=refuses');
  expect((await place.signalbox('task', 'approve', 'ET-1')).code).toBe(1);
  expect((await place.task()).state).toBe('review.awaitingDecision');
});

test('tests that stay red get three developer runs, then a person decides', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.run('development=refuses');
  expect(code).toBe(3);
  expect(stdout).toContain('gate tests fail');
  expect(place.visits().slice(2)).toEqual(['development.1', 'development.2', 'development.3']);
  expect((await place.task()).state).toBe('development.awaitingDecision');
  expect(place.prompt('development.2')).toContain('not ok - two items');
});

test('a failed test report goes back to development', async () => {
  const place = await makePlace();
  expect((await place.run('testing.1=refuses')).code).toBe(0);
  expect(place.visits().slice(4)).toEqual(['testing.1', 'development.2', 'review.2', 'testing.2', 'deploy.1']);
  expect(place.prompt('development.2')).toContain('Failure number 1.');
});

test('a test report that fails four times blocks the task, and retry goes on from there', async () => {
  const place = await makePlace();
  const { code } = await place.run('testing.1=refuses', 'testing.2=refuses', 'testing.3=refuses', 'testing.4=refuses');
  expect(code).toBe(1);
  expect(countOf(place.visits(), 'testing')).toBe(4);
  expect((await place.task()).state).toBe('testing.blocked');
  expect((await place.signalbox('task', 'retry', 'ET-1')).code).toBe(0);
  expect((await place.resume()).code).toBe(0);
});

test('a failed deployment is a matter for a person, and is not tried again by itself', async () => {
  const place = await makePlace();
  expect((await place.run('deploy=refuses')).code).toBe(3);
  expect(countOf(place.visits(), 'deploy')).toBe(1);
  expect((await place.task()).state).toBe('deploy.awaitingDecision');
});

test('that the branch is merged is not a deployment: without a record a person decides', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask('deploy=idles'));
  await place.signalbox('task', 'approve', 'ET-1');
  expect((await place.resume()).code).toBe(3);
  expect(await place.task()).toMatchObject({ state: 'deploy.awaitingDecision', merged: expect.anything() });
});

test('a repository without tests asks a person and does not pass by itself', async () => {
  const place = await makePlace();
  await place.git(['rm', '--quiet', 'package.json', 'Makefile', 'test.sh']);
  await place.git(['commit', '--quiet', '-m', 'Have no tests']);
  await place.signalbox(...place.newTask());
  await place.signalbox('task', 'approve', 'ET-1');
  const { code, stdout } = await place.resume();
  expect(code).toBe(3);
  expect(stdout).toContain('no test command was found');
  expect(place.visits()).toEqual(['analysis.1', 'architecture.1', 'development.1']);
  expect((await place.task()).state).toBe('development.awaitingDecision');

  // The word of a person stands in for what could not be judged.
  expect((await place.signalbox('task', 'approve', 'ET-1')).code).toBe(0);
  expect((await place.resume()).code).toBe(0);
});

test('--approve-all gives approvals; it is no review, no test report and no deployment', async () => {
  const place = await makePlace();
  const { code } = await place.run('review=idles', 'testing=idles', 'deploy=idles');
  expect(code).toBe(3);
  expect((await place.task()).state).toBe('review.awaitingDecision');
  expect(await place.git(['show', 'main:total.sh'])).not.toContain('$1 * $2');
});

test('--approve-all stands in for tests that are not there, and is on record for it', async () => {
  const place = await makePlace();
  await place.git(['rm', '--quiet', 'package.json', 'Makefile', 'test.sh']);
  await place.git(['commit', '--quiet', '-m', 'Have no tests']);
  expect((await place.run()).code).toBe(0);
  expect(await place.task()).toMatchObject({ verdicts: { tests: { verdict: 'pass', by: '--approve-all' } } });
});

test('verdicts of an earlier round do not count for the next', async () => {
  const place = await makePlace();
  await place.signalbox(...place.newTask('review.1=refuses', 'review.2=idles'));
  await place.signalbox('task', 'approve', 'ET-1');
  expect((await place.resume()).code).toBe(3);
  expect(await place.task()).toMatchObject({
    state: 'review.awaitingDecision',
    verdicts: { review: { verdict: 'inconclusive' } },
  });
});

test('a conflict with the target goes back to development, and the merge happens after it', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('review.1=waits', 'development.2=mergesTarget'), '--approve-all']);
  await vi.waitUntil(() => place.visits().includes('review.1'), poll);
  writeFileSync(join(place.repository, 'total.sh'), '# Somebody else was here.\necho "$(($2 * $1))"\n');
  await place.git(['commit', '--quiet', '--all', '-m', 'Fix the totals by hand']);
  place.letGo();
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  expect(place.visits().slice(5, 9)).toEqual(['development.2', 'review.2', 'testing.2', 'deploy.1']);
  expect(place.prompt('development.2')).toContain('total.sh');
  expect(await place.git(['log', '--format=%s', 'main'])).toContain('Fix the totals by hand');
  expect(await place.git(['show', 'main:total.sh'])).toContain('$1 * $2');
});

test('a target that gets local changes meanwhile is left alone; the task says what to do and goes on later', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('testing.1=waits'), '--approve-all']);
  await vi.waitUntil(() => place.visits().includes('testing.1'), poll);
  writeFileSync(join(place.repository, 'total.sh'), '# Half a thought.\n');
  place.letGo();
  const { code, stdout } = await running;
  expect(code).toBe(1);
  expect(stdout).toMatch(/commit or stash/i);
  expect(await place.git(['diff', '--name-only'])).toBe('total.sh');
  expect((await place.task()).state).toBe('deploy.merging.blocked');

  await place.git(['checkout', '--quiet', '--', 'total.sh']);
  expect((await place.signalbox('task', 'retry', 'ET-1')).code).toBe(0);
  expect((await place.resume('--approve-all')).code).toBe(0);
});

test('the repository may ignore docs; the documents are committed all the same', async () => {
  const place = await makePlace();
  writeFileSync(join(place.repository, '.gitignore'), 'docs/\n');
  await place.git(['add', '--all']);
  await place.git(['commit', '--quiet', '-m', 'Ignore the documents']);
  const { code, stdout } = await place.run();
  expect(code, stdout).toBe(0);
  expect(await place.git(['ls-tree', '-r', '--name-only', 'main', place.documents])).toContain('14-deploy.md');
});
