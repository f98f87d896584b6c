/** Whatever its kind, a gate tells the same story: it passes, it fails, or it has no opinion, and it says why. */
import { describe, expect, test } from 'vitest';
import { OutsideError } from '../../../src/integrations/outside.ts';
import { branch, type GateStory, startStory } from './place.ts';

type Act = (story: GateStory) => unknown;

interface KindOfGate {
  gate: object;
  /** What makes it pass, fail, and have no opinion. Each begins where nothing has happened yet. */
  pass: Act;
  fail: Act;
  inconclusive: Act;
  /** What it comes to when nothing has happened: `pending` where it may wait. */
  atFirst: 'pending' | 'fail' | 'inconclusive';
}

const kinds: Record<string, KindOfGate> = {
  artifacts: {
    gate: { kind: 'artifacts', files: ['plan.md'] },
    pass: it => it.leave({ 'plan.md': 'A plan.' }),
    fail: it => it.leave({ 'plan.md': '' }),
    // Documents that lead out of the worktree are none to judge.
    inconclusive: () => ({ workItem: '../../../..' }),
    atFirst: 'fail',
  },
  verdict: {
    gate: { kind: 'verdict', file: 'review.md', pass: ['approved'], fail: ['rejected'] },
    pass: it => it.leave({ 'review.md': '---\nverdict: approved\n---\nGood.\n' }),
    fail: it => it.leave({ 'review.md': '---\nverdict: rejected\n---\nBad.\n' }),
    inconclusive: it => it.leave({ 'review.md': '---\nverdict: perhaps\n---\napproved\n' }),
    atFirst: 'inconclusive',
  },
  command: {
    gate: { kind: 'command' },
    pass: it => it.work({ 'test.sh': 'exit 0' }),
    fail: it => it.work({ 'test.sh': 'echo broken; exit 1' }),
    inconclusive: it => it.work({ 'test.sh': 'exit 127' }),
    atFirst: 'inconclusive',
  },
  ci: {
    gate: { kind: 'ci' },
    pass: it => it.status('build', 'success'),
    fail: it => it.status('build', 'failure'),
    inconclusive: it => it.push('maria'),
    atFirst: 'pending',
  },
  pullRequestReview: {
    gate: { kind: 'pullRequestReview' },
    pass: it => it.review('maria', 'APPROVED'),
    fail: it => it.review('maria', 'REQUEST_CHANGES'),
    inconclusive: it => it.ask('maria', 'PATCH', `/pulls/${it.number}`, { state: 'closed' }),
    atFirst: 'pending',
  },
};

describe.each(Object.entries(kinds))('%s', (_, { gate, atFirst, ...acts }) => {
  test.each(['pass', 'fail', 'inconclusive'] as const)('comes to %s, and says why', async verdict => {
    const story = await startStory();
    const more = await acts[verdict](story);
    const looked = await story.judge(gate, isInput(more) ? more : {});
    expect(looked).toMatchObject({ gate: 'checked', verdict });
    expect(looked.detail.trim()).not.toBe('');
    expect(looked.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('comes to the same when it looks again', async () => {
    const story = await startStory();
    await acts.fail(story);
    const { durationMs: _, ...first } = await story.judge(gate);
    const { durationMs: __, ...second } = await story.judge(gate);
    expect(second).toEqual(first);
  });

  test('passes only once there is something to pass', async () => {
    const story = await startStory();
    expect(await story.judge(gate)).toMatchObject({ verdict: atFirst });
    await acts.pass(story);
    expect(await story.judge(gate)).toMatchObject({ verdict: 'pass' });
  });

  test('passes no more once it has been made to fail', async () => {
    const story = await startStory();
    await acts.pass(story);
    await acts.fail(story);
    expect(await story.judge(gate)).toMatchObject({ verdict: 'fail' });
  });

  test('that breaks down never passes', async () => {
    const story = await startStory();
    await acts.pass(story);
    const breaksDown = () => Promise.reject(new Error('it broke down'));
    const client = { ...story.forge, branch: breaksDown, pullRequest: breaksDown };
    const broken = await story.judge(gate, { repository: '/nonexistent' }, client);
    expect(['inconclusive', 'fail']).toContain(broken.verdict);
  });
});

const isInput = (more: unknown): more is { workItem: string } =>
  typeof more === 'object' && more !== null && 'workItem' in more;

describe.each(['ci', 'pullRequestReview'])('%s, which is decided at a forge', kind => {
  const { gate, pass } = kinds[kind]!;

  test('waits while that one is away, and says so', async () => {
    const story = await startStory();
    await pass(story);
    story.fake.down();
    const away = await story.judge(gate);
    expect(away).toMatchObject({ verdict: 'pending' });
    expect(away.detail).toMatch(/^waits for the forge home: /);
    story.fake.up();
    story.fake.failNext(100, 502);
    expect(await story.judge(gate)).toMatchObject({ verdict: 'pending' });
    story.fake.failNext(0, 502);
    expect(await story.judge(gate)).toMatchObject({ verdict: 'pass' });
  });

  test('has no opinion where there is no forge, or one that does not take the token', async () => {
    const story = await startStory();
    await pass(story);
    expect(await story.judge(gate, { forge: null })).toMatchObject({ verdict: 'inconclusive' });
    const refuse = () => Promise.reject(new OutsideError('unauthorized', 'home does not take the token'));
    const stranger = { ...story.forge, branch: refuse, pullRequest: refuse };
    const looked = await story.judge(gate, {}, stranger);
    expect(looked).toMatchObject({ verdict: 'inconclusive' });
    expect(looked.detail).toContain('does not take the token');
  });

  test('does not take what was said of an older commit', async () => {
    const story = await startStory();
    await pass(story);
    const newer = await story.push();
    expect(await story.judge(gate, { head: newer, branch })).toMatchObject({ verdict: 'pending' });
    expect(await story.judge(gate)).toMatchObject({ verdict: 'inconclusive' });
  });
});
