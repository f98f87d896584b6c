/** Reading that is kept up: however much happens, and however long an answer takes, there is one. */
import { expect, test } from 'vitest';
import { createReader } from '../../web/src/state/reader.ts';

function held() {
  const ends: (() => void)[] = [];
  return { ends, read: () => new Promise<void>(resolve => void ends.push(resolve)) };
}
const settle = () => new Promise(resolve => setImmediate(resolve));

test('what comes while it reads breaks nothing off, and has it read once more', async () => {
  const { ends, read } = held();
  const reader = createReader(read);
  for (let count = 0; count < 10; count += 1) reader.again();
  expect(ends).toHaveLength(1);
  ends[0]!();
  await settle();
  expect(ends).toHaveLength(2);
  ends[1]!();
  await settle();
  expect(ends).toHaveLength(2);
  reader.again();
  expect(ends).toHaveLength(3);
});
