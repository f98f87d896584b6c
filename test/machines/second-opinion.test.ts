/**
 * The checker and a second opinion on every pipeline: what is accepted breaks in no random world, and what is refused does.
 * `npm run second-opinion` goes on with as many as one likes.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPipeline } from '../../src/machines/check.ts';
import { pipelines } from '../support/random-pipelines.ts';
import { chance, disagreements, opinionOn } from '../support/second-opinion.ts';

test('whatever lands, and whatever is done, was passed by every gate that counts, for exactly that code', () => {
  fc.assert(
    fc.property(pipelines, chance, (pipeline, numbers) => {
      expect(opinionOn(pipeline, numbers).wrong).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
}, 240_000);

test('what the checker says of a pipeline no random world contradicts', () => {
  fc.assert(
    fc.property(pipelines, fc.array(chance, { minLength: 2, maxLength: 2 }), (pipeline, worlds) => {
      const checked = checkPipeline(pipeline, 1_000);
      for (const numbers of worlds) {
        expect(disagreements(pipeline, checked, opinionOn(pipeline, numbers))).toEqual([]);
      }
    }),
    { numRuns: 1_000 },
  );
}, 240_000);
