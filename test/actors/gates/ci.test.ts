/** The gate `ci`: green is what the forge has of the published commit, and nothing else. */
import { describe, expect, test } from 'vitest';
import { startStory } from './place.ts';

const any = { kind: 'ci' };
const only = (...checks: string[]) => ({ kind: 'ci', checks });

test('waits as long as one of the checks runs, and says which', async () => {
  const { status, judge } = await startStory();
  await status('build', 'success');
  await status('e2e', 'pending');
  const looked = await judge(any);
  expect(looked).toMatchObject({ verdict: 'pending' });
  expect(looked.detail).toBe('1 of 2 checks are green; waits for e2e');
  await status('e2e', 'success');
  expect(await judge(any)).toMatchObject({ verdict: 'pass' });
});

test('fails with the words of every check that failed, though others still run', async () => {
  const { status, judge } = await startStory();
  await status('build', 'failure');
  await status('lint', 'error');
  await status('e2e', 'pending');
  const { verdict, detail } = await judge(any);
  expect(verdict).toBe('fail');
  expect(detail.split('\n').sort()).toEqual(['build failed: build is failure', 'lint failed: lint is error']);
});

test('takes the last word of a check that was run again', async () => {
  const { status, judge } = await startStory();
  await status('build', 'failure');
  await status('build', 'success');
  expect(await judge(any)).toMatchObject({ verdict: 'pass' });
});

test('what we report ourselves is no check', async () => {
  const { status, judge } = await startStory();
  await status('signalbox/tests', 'success');
  const looked = await judge(any);
  expect(looked).toMatchObject({ verdict: 'pending' });
  expect(looked.detail).toContain('no check has reported');
  await status('signalbox/review', 'failure');
  await status('build', 'success');
  expect(await judge(any)).toMatchObject({ verdict: 'pass', detail: 'green: build' });
  expect(await judge(only('signalbox/*'))).toMatchObject({ verdict: 'pending' });
});

describe('with names', () => {
  test('waits for one that has not reported, whatever else is green', async () => {
    const { status, judge } = await startStory();
    await status('build', 'success');
    const looked = await judge(only('build', 'e2e'));
    expect(looked).toMatchObject({ verdict: 'pending' });
    expect(looked.detail).toBe('1 of 2 checks are green; waits for e2e, which home does not know yet');
  });

  test('others may fail', async () => {
    const { status, judge } = await startStory();
    await status('build', 'success');
    await status('flaky', 'failure');
    expect(await judge(only('build'))).toMatchObject({ verdict: 'pass', detail: 'green: build' });
  });

  test.each([
    ['ci/*', ['ci/build', 'ci/test'], 'pass'],
    ['*', ['anything'], 'pass'],
    ['ci/*/linux', ['ci/test/linux', 'ci/test/mac'], 'pass'],
    ['ci.build', ['ci/build'], 'pending'],
    ['ci/build', ['ci/build (push)'], 'pending'],
    ['build (*)', ['build (push)'], 'pass'],
    ['c[i]', ['ci'], 'pending'],
  ])('%s means of %j: %s', async (pattern, green, verdict) => {
    const { status, judge } = await startStory();
    for (const name of green) await status(name, 'success');
    expect(await judge(only(pattern))).toMatchObject({ verdict });
  });

  test('one of many that a pattern means fails them all', async () => {
    const { status, judge } = await startStory();
    await status('ci/build', 'success');
    await status('ci/test', 'failure');
    expect(await judge(only('ci/*'))).toMatchObject({ verdict: 'fail' });
  });
});

test('sees all checks, also when there are more than a page of them', async () => {
  const { status, judge } = await startStory();
  for (let n = 0; n < 60; n++) await status(`check ${n}`, n === 3 ? 'failure' : 'success');
  const looked = await judge(any);
  expect(looked).toMatchObject({ verdict: 'fail' });
  expect(looked.detail).toContain('check 3 failed');
});

test('a branch that has moved or is gone says where it is', async () => {
  const { status, judge, push, ask, head } = await startStory();
  await status('build', 'success');
  const moved = await push('maria');
  const looked = await judge(any);
  expect(looked).toMatchObject({ verdict: 'inconclusive' });
  expect(looked.detail).toContain(`is at ${moved.slice(0, 9)} at home, not at ${head.slice(0, 9)}`);
  await ask('root', 'DELETE', '/branches/signalbox/ET-1');
  expect((await judge(any)).detail).toContain('is not there at home');
});

test('a green check of another commit is none of this one', async () => {
  const { status, judge, push } = await startStory();
  await status('build', 'success');
  const newer = await push();
  expect(await judge(any, { head: newer })).toMatchObject({ verdict: 'pending' });
});
