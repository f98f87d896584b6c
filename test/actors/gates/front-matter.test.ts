/** The front matter of a document is written by an agent: it decides, and it may be anything. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { frontMatter } from '../../../src/actors/gates/verdict.ts';

test('only what stands in the first 16 kB is read', () => {
  const keys = Array.from({ length: 400_000 }, (_, index) => `k${index}: 1`).join('\n');
  expect(frontMatter(`---\nverdict: APPROVED\n${keys}\n---\n`)).toBeUndefined();
  expect(frontMatter(`---\nverdict: APPROVED\n---\n${'x'.repeat(4_000_000)}`)).toEqual({ verdict: 'APPROVED' });
});

test('what is odd in it is written nowhere', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const written = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  expect(frontMatter('---\nverdict: !<tag:\x1b]0;owned\x07> OK\n? [a, b]\n: c\n---\n')).toBeDefined();
  expect(frontMatter(`---\n${'['.repeat(10_000)}\n---\n`)).toBeUndefined();
  expect(warned).not.toHaveBeenCalled();
  expect(written).not.toHaveBeenCalled();
});
