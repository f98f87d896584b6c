/** Work that waits: in its order, no more of it at a time than there is room for, and in the end all of it. */
import { expect, test } from 'vitest';
import { createBacklog } from '../../src/runtime/backlog.ts';

interface Item {
  position: number;
  owner: string;
}

const rounds = async () => {
  for (let round = 0; round < 5; round++) await Promise.resolve();
};

/** A store of items by their positions, and a backlog on it that does not finish anything by itself. */
function startBacklog({ capacity = 2, owner = (_: number): string => 'us' } = {}) {
  const stored: Item[] = [];
  const started: number[] = [];
  const reads: { after: number; limit: number }[] = [];
  let failures = 0;
  let hold: Promise<void> | undefined;
  const backlog = createBacklog<Item>({
    capacity,
    async load(after, limit) {
      reads.push({ after, limit });
      const page = stored.filter(({ position }) => position > after).slice(0, limit);
      await hold;
      if (failures > 0) {
        failures -= 1;
        throw new Error('the store cannot be read');
      }
      return page;
    },
    start: ({ position }) => void started.push(position),
    isWanted: item => item.owner === 'us',
  });
  return {
    ...{ backlog, started, reads },
    /** Stores items and says so, as a commit does. */
    add(...positions: number[]) {
      const items = positions.map(position => ({ position, owner: owner(position) }));
      stored.push(...items);
      backlog.add(items);
    },
    store: (...positions: number[]) =>
      void stored.push(...positions.map(position => ({ position, owner: owner(position) }))),
    fail(times: number) {
      failures = times;
    },
    /** Reads take until the answer is called. */
    holdReads(): () => void {
      let letGo = () => {};
      hold = new Promise(resolve => {
        letGo = () => {
          hold = undefined;
          resolve();
        };
      });
      return letGo;
    },
  };
}

test('no more is begun than there is room for; what is done makes room for the next, in order, to the last', async () => {
  const { backlog, started, add } = startBacklog();
  await backlog.pull();
  add(1, 2, 3, 4, 5);
  await rounds();
  expect(started).toEqual([1, 2]);
  for (const expected of [
    [1, 2, 3],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ]) {
    backlog.done();
    await rounds();
    expect(started).toEqual(expected);
  }
  backlog.done();
  backlog.done();
  add(6);
  await rounds();
  expect(started).toEqual([1, 2, 3, 4, 5, 6]);
});

test('what waited before the start is taken up page by page, and no more is read than there is room for', async () => {
  const { backlog, started, reads, store } = startBacklog({ capacity: 3 });
  store(1, 2, 3, 4);
  await backlog.pull();
  expect(started).toEqual([1, 2, 3]);
  expect(reads).toEqual([{ after: 0, limit: 3 }]);
  backlog.done();
  backlog.done();
  await rounds();
  expect(started).toEqual([1, 2, 3, 4]);
});

test('what is stored while a page is read is not forgotten', async () => {
  const { backlog, started, add, holdReads } = startBacklog({ capacity: 3 });
  await backlog.pull();
  add(1, 2, 3);
  // There is no room for it, so it waits in the store.
  add(4);
  backlog.done();
  await rounds();
  backlog.done();
  const letGo = holdReads();
  await rounds();
  backlog.done();
  // The page that is on its way was read before this one was stored, and is empty.
  add(5);
  letGo();
  await rounds();
  expect(started).toEqual([1, 2, 3, 4, 5]);
});

test('with all of it known, what comes is begun at once and nothing is read', async () => {
  const { backlog, started, reads, add } = startBacklog();
  await backlog.pull();
  const before = reads.length;
  add(7);
  expect(started).toEqual([7]);
  expect(reads.length).toBe(before);
});

test('what is not ours takes no room', async () => {
  const { backlog, started, store } = startBacklog({ owner: position => (position % 2 === 0 ? 'us' : 'others') });
  store(1, 2, 3, 4, 5, 6);
  await backlog.pull();
  expect(started).toEqual([2, 4]);
  backlog.done();
  await rounds();
  expect(started).toEqual([2, 4, 6]);
});

test('a store that cannot be read is read again when something is done or comes', async () => {
  const { backlog, started, add, fail } = startBacklog();
  await backlog.pull();
  add(1, 2, 3);
  await rounds();
  fail(1);
  backlog.done();
  await rounds();
  expect(started).toEqual([1, 2]);
  add(4);
  await rounds();
  expect(started).toEqual([1, 2, 3]);
});

test('what was given up is taken up again, and after the end nothing is', async () => {
  const { backlog, started, add, store } = startBacklog();
  await backlog.pull();
  add(1);
  backlog.done();
  backlog.revive({ position: 1, owner: 'us' });
  expect(started).toEqual([1, 1]);
  backlog.close();
  store(2);
  backlog.done();
  await rounds();
  expect(started).toEqual([1, 1]);
});
