/** Looking a token up says nothing of the others, not even by the time that it takes. */
import * as crypto from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { createTokens, digestOf } from '../../src/operations/tokens.ts';
import { emptySite } from '../http/place.ts';

vi.mock('node:crypto', async original => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn((a: Buffer, b: Buffer) => real.timingSafeEqual(a, b)) };
});
const compared = vi.mocked(crypto.timingSafeEqual);

async function threeTokens() {
  const { runtime } = await emptySite();
  const issue = (name: string) =>
    runtime.create('token', `token:${name}`, { name, role: 'viewer', sha256: digestOf(`${name}-secret`), by: 'ann' });
  await issue('bob');
  await issue('eve');
  const fixed = [{ name: 'ann', role: 'admin' as const, sha256: digestOf('ann-secret') }];
  return { runtime, tokens: createTokens(runtime, () => fixed) };
}

test('each token stands for its owner, and anything else for nobody', async () => {
  const { tokens } = await threeTokens();
  expect(await tokens.lookUp('ann-secret')).toEqual({ name: 'ann', role: 'admin' });
  expect(await tokens.lookUp('eve-secret')).toEqual({ name: 'eve', role: 'viewer' });
  for (const other of ['', 'ann', 'ann-secre', 'ann-secret ', 'x'.repeat(100_000), digestOf('ann-secret')]) {
    expect(await tokens.lookUp(other), other.slice(0, 20)).toBeUndefined();
  }
});

test('all digests are compared whole, whichever is the right one and when there is none', async () => {
  const { tokens } = await threeTokens();
  for (const token of ['ann-secret', 'bob-secret', 'eve-secret', 'nobody', '']) {
    compared.mockClear();
    await tokens.lookUp(token);
    expect([token, compared.mock.calls.length]).toEqual([token, 3]);
    for (const [given, known] of compared.mock.calls) expect([given.byteLength, known.byteLength]).toEqual([32, 32]);
  }
});

test('a token that is taken back lets nobody in from then on', async () => {
  const { runtime, tokens } = await threeTokens();
  await runtime.send('token:bob', { type: 'token.revoke', by: 'ann' });
  expect(await tokens.lookUp('bob-secret')).toBeUndefined();
  expect(await tokens.lookUp('eve-secret')).toMatchObject({ name: 'eve' });
  expect(await tokens.isGuarded()).toBe(true);
});
