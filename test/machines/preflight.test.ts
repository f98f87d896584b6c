/** Whether an agent can be started: whoever was refused is told when that may have changed. */
import { expect, test } from 'vitest';
import { createMachine, fromPromise } from 'xstate';
import { plainAgent } from '../../src/domain/agent-spec.ts';
import { preflightMachine } from '../../src/machines/preflight.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const hearing = (id: string) => kindOf(createMachine({ id, on: { '*': {} } }));
const agent = plainAgent('a', ['a']);
const configured = { agent, cacheMs: 60_000, timeLimitMs: 1_000 };

async function startPreflight(probe: () => Promise<unknown>) {
  const heard: string[] = [];
  const system = await startTestRuntime({
    kinds: [
      kindOf(preflightMachine as never, { actors: { probe: fromPromise(probe) } }),
      hearing('worker'),
      hearing('breaker'),
    ],
    listeners: [
      ({ actorId, type }) =>
        void (actorId !== 'preflight:a' && type !== 'xstate.init' && heard.push(`${actorId} ${type}`)),
    ],
  });
  await system.runtime.create('worker', 'worker', {});
  await system.runtime.create('breaker', `breaker:${agent.provider}`, {});
  await system.runtime.create('preflight', 'preflight:a', configured as never);
  const send = async (event: object) => {
    await system.runtime.send('preflight:a', event as never);
    await system.settle();
  };
  const request = () => send({ type: 'run.requested', runId: 'R', provider: agent.provider });
  return { ...system, heard, send, request };
}

const cannot = async () => ({ ok: false, reason: 'no such program' });
const breaks = async () => {
  throw new Error('the probe is broken');
};

test.each([
  ['cannot be started', cannot, 'no such program'],
  ['cannot be looked at', breaks, 'the check itself failed: the probe is broken'],
])('a run of an agent that %s is refused at once, and the next one too', async (_, probe, why) => {
  const { heard, request, context } = await startPreflight(probe);
  await request();
  await request();
  expect(heard).toEqual(['worker run.refused', 'worker run.refused']);
  expect(await context('preflight:a')).toMatchObject({ problem: why, waiting: [] });
});

test.each([
  ['its configuration is fixed', { type: 'preflight.configured', ...configured }],
  ['time has passed', null],
])('who was refused is told when %s', async (_, event) => {
  const { heard, request, send, advance } = await startPreflight(cannot);
  await request();
  if (event === null) await advance(60_000);
  else await send(event);
  expect(heard).toEqual(['worker run.refused', 'worker preflight.changed']);
});

test('a run that comes while it is looked goes to the breaker when all is well', async () => {
  const { heard, request } = await startPreflight(async () => ({ ok: true, version: '1' }));
  await request();
  expect(heard).toEqual([`breaker:${agent.provider} run.requested`, 'worker preflight.changed']);
  await request();
  expect(heard.at(-1)).toBe(`breaker:${agent.provider} run.requested`);
});
