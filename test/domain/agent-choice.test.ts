/** The cheapest agent that can do it, with twice the room that it needs. */
import { describe, expect, test } from 'vitest';
import { type Candidate, chooseAgent, type Need } from '../../src/domain/agent-choice.ts';

const small: Candidate = { name: 'small', windowTokens: 200_000, difficulty: 'easy', costPerMTok: 1 };
const middle: Candidate = { name: 'middle', windowTokens: 200_000, difficulty: 'medium', costPerMTok: 3 };
const large: Candidate = { name: 'large', windowTokens: 1_000_000, difficulty: 'hard', costPerMTok: 15 };
const script: Candidate = { name: 'script', windowTokens: null, difficulty: 'hard', costPerMTok: null };
const all = [large, middle, small];

const needs = (contextTokens: number | null, difficulty: Need['difficulty']): Need => ({ contextTokens, difficulty });

describe('chooses', () => {
  test.each<[string, Candidate[], Need, string]>([
    ['the cheapest where nothing is known', all, needs(null, null), 'small'],
    ['the cheapest that can do what is easy', all, needs(null, 'easy'), 'small'],
    ['the cheapest that can do what is medium', all, needs(null, 'medium'), 'middle'],
    ['the only one that can do what is hard', all, needs(null, 'hard'), 'large'],
    ['one whose window is exactly twice the estimate', all, needs(100_000, 'easy'), 'small'],
    ['a dearer one where the cheap one has a token too few', all, needs(100_001, 'easy'), 'large'],
    ['a window that is known before one that is not', [script, large], needs(100_000, 'hard'), 'large'],
    ['one with an unknown window where no known one holds it', [script, large], needs(600_000, 'hard'), 'script'],
    ['a cost that is known before one that is not', [script, large], needs(null, 'hard'), 'large'],
    ['the first of equally dear ones', [middle, { ...middle, name: 'twin' }], needs(null, null), 'middle'],
    ['the first where no cost is known', [script, { ...script, name: 'twin' }], needs(null, null), 'script'],
    ['one that costs nothing', [small, { ...small, name: 'own', costPerMTok: 0 }], needs(null, 'easy'), 'own'],
  ])('%s', (_, candidates, need, agent) => {
    const choice = chooseAgent(candidates, need);
    expect(choice).toMatchObject({ agent, why: expect.stringMatching(new RegExp(`^${agent}: .+\\.$`)) });
  });
});

describe('chooses nobody', () => {
  test.each<[string, Candidate[], Need, RegExp]>([
    ['where there is nobody', [], needs(null, null), /no agent to choose/],
    ['where nobody can do what is hard', [small, middle], needs(null, 'hard'), /No agent can do what is hard/],
    ['where no window is large enough', [small, middle], needs(150_000, null), /300000 tokens.* has 200000/],
    ['where the able ones have too little room', all, needs(600_000, 'hard'), /1200000 tokens.*hard has 1000000/],
  ])('%s', (_, candidates, need, why) => {
    expect(chooseAgent(candidates, need)).toEqual({ none: expect.stringMatching(why) });
  });
});

test('says why in words', () => {
  expect(chooseAgent(all, needs(80_000, 'medium'))).toEqual({
    agent: 'middle',
    why: 'middle: it can do what is medium, its window of 200000 tokens holds twice the 80000, and no other that can costs less than its 3 dollars per million tokens.',
  });
});
