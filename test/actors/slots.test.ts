/** No more at once than there is room for. */
import { expect, test } from 'vitest';
import { createSlots } from '../../src/actors/slots.ts';

function createWork() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>(resolve => ends.set(name, resolve));
  };
  return { begun, work, end: (name: string) => ends.get(name)!() };
}

const soon = () => new Promise(resolve => setImmediate(resolve));

test('as many at once as there is room for, the others in their order', async () => {
  const slots = createSlots(2);
  const { begun, work, end } = createWork();
  const { signal } = new AbortController();
  const all = ['a', 'b', 'c', 'd'].map(name => slots.use(signal, work(name)));
  await soon();
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await soon();
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const name of ['a', 'c']) end(name);
  await soon();
  end('d');
  await Promise.all(all);
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

test('whoever has moved on waits for nobody, and one that fails makes room', async () => {
  const slots = createSlots(1);
  const { begun, work, end } = createWork();
  const controller = new AbortController();
  const first = slots.use(new AbortController().signal, work('first'));
  const second = slots.use(controller.signal, work('second'));
  controller.abort();
  await soon();
  expect(begun).toEqual(['first', 'second']);
  end('first');
  end('second');
  await Promise.all([first, second]);
  const failed = slots.use(controller.signal, () => Promise.reject(new Error('broken')));
  await expect(failed).rejects.toThrow('broken');
  expect(await slots.use(new AbortController().signal, async () => 'done')).toBe('done');
});
