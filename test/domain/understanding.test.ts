import { expect, test } from 'vitest';
import { bounded, mostReferences, nothingUnderstood } from '../../src/domain/understanding.ts';

const items = (count: number, first = 1) => Array.from({ length: count }, (_, index) => `#${index + first}`);

test('keeps every reference once, and says how many were too many', () => {
  const { blockedBy, blocks, notes } = bounded({
    ...nothingUnderstood,
    blockedBy: [...items(40), ...items(40)],
    blocks: items(30, 100),
  });
  expect(blockedBy).toEqual(items(40));
  expect(blocks).toHaveLength(mostReferences - 40);
  expect(notes).toEqual(['It names more than 50 other items; 20 of them are left out.']);
});

test('keeps few notes, and short ones', () => {
  const { notes } = bounded({ ...nothingUnderstood, notes: items(100).map(item => item + '😀'.repeat(500)) });
  expect(notes).toHaveLength(20);
  expect(notes.every(note => note.length <= 200 && note.isWellFormed())).toBe(true);
});
