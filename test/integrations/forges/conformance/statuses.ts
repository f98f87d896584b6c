/** Statuses of a commit. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';

export const statusBehaviour: Behaviour = place => {
  const commit = async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    return { repository, sha: (await forge.branch(repository, 'main'))!.sha };
  };

  test('has no checks on a commit of which nobody has said anything', async () => {
    const { repository, sha } = await commit();
    expect(await place().forge.checks(repository, sha)).toEqual({ sha, checks: [] });
  });

  test('sets a status, and the same again changes nothing', async () => {
    const { forge, people } = place();
    const { repository, sha } = await commit();
    const status = {
      context: 'signalbox/tests',
      state: 'pending',
      description: 'Running',
      url: 'http://a.test/1',
    } as const;
    await forge.setStatus(repository, sha, status);
    await forge.setStatus(repository, sha, status);
    expect(await people.countStatuses(repository, sha)).toBe(1);
    const { checks } = await forge.checks(repository, sha);
    expect(checks).toEqual([
      { name: 'signalbox/tests', state: 'pending', description: 'Running', url: 'http://a.test/1' },
    ]);
  });

  test('gives the newest of each name', async () => {
    const { forge } = place();
    const { repository, sha } = await commit();
    for (const state of ['pending', 'failure', 'pending', 'success'] as const)
      await forge.setStatus(repository, sha, { context: 'signalbox/tests', state, description: state });
    await forge.setStatus(repository, sha, { context: 'signalbox/lint', state: 'failure', description: 'No' });
    const { checks } = await forge.checks(repository, sha);
    expect(Object.fromEntries(checks.map(check => [check.name, check.state]))).toEqual({
      'signalbox/tests': 'success',
      'signalbox/lint': 'failure',
    });
  });

  test('cuts a description that is too long, and knows it again', async () => {
    const { forge, people } = place();
    const { repository, sha } = await commit();
    const status = { context: 'signalbox/tests', state: 'failure', description: 'x'.repeat(400) } as const;
    await forge.setStatus(repository, sha, status);
    await forge.setStatus(repository, sha, status);
    expect(await people.countStatuses(repository, sha)).toBe(1);
    expect((await forge.checks(repository, sha)).checks[0]?.description).toMatch(/^x{100}/);
  });

  test('reads the checks of all pages', async () => {
    const { forge, people } = place();
    const { repository, sha } = await commit();
    for (let number = 0; number < 105; number += 1)
      await people.setStatus(repository, sha, { context: `ci/${number}`, state: number === 0 ? 'failure' : 'success' });
    const { checks } = await forge.checks(repository, sha);
    expect(checks).toHaveLength(105);
    expect(checks.find(check => check.name === 'ci/0')?.state).toBe('failure');
  });

  test('understands the states of others', async () => {
    const { forge, people, foreignStates } = place();
    const { repository, sha } = await commit();
    for (const state of Object.keys(foreignStates)) await people.setStatus(repository, sha, { context: state, state });
    const { checks } = await forge.checks(repository, sha);
    expect(Object.fromEntries(checks.map(check => [check.name, check.state]))).toEqual(foreignStates);
  });
};
