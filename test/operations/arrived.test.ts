/** Whether what a forge was asked to send has come. */
import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { hasArrived } from '../../src/operations/arrived.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

/** All that has to be known of a delivery here. */
interface Origin {
  name: string;
  reading: { repo: string } | null;
}

const delivery = setup({ types: {} as { input: Origin; context: Origin } }).createMachine({
  id: 'delivery',
  context: ({ input: { name, reading } }) => ({ name, reading }),
  initial: 'recorded',
  states: { recorded: {} },
});

async function start() {
  const { runtime, clock } = await startTestRuntime({ kinds: [kindOf(delivery as never)] });
  const receive = (id: string, name: string, repo: string | null) =>
    runtime.create('delivery', id, { name, reading: repo === null ? null : { repo } });
  const stop = new AbortController();
  const expected = { forge: 'home', repository: 'acme/shop', since: clock.now() };
  return { receive, stop, runtime, expected, clock, waiting: () => hasArrived(runtime, expected, stop.signal) };
}

test('it has arrived when a delivery of that repository is recorded', async () => {
  const { receive, waiting } = await start();
  const arrived = waiting();
  await receive('d1', 'other', 'acme/shop');
  await receive('d2', 'home', 'acme/other');
  await receive('d3', 'home', 'Acme/Shop');
  expect(await arrived).toBe(true);
});

test('one that says nothing of its repository counts', async () => {
  const { receive, waiting } = await start();
  await receive('d1', 'home', null);
  expect(await waiting()).toBe(true);
});

test('what came before, or from elsewhere, is none, however long it is waited for', async () => {
  const { receive, stop, runtime, expected, clock } = await start();
  await receive('d1', 'home', 'acme/shop');
  await clock.advance(10);
  await receive('d2', 'home', 'acme/other');
  const arrived = hasArrived(runtime, { ...expected, since: clock.now() }, stop.signal);
  stop.abort();
  expect(await arrived).toBe(false);
});
