/**
 * Understands an issue by what is written by convention, and by a model where there is one to ask. The model fills in what
 * nobody has written; it takes back nothing that somebody has.
 */
import { messageOf } from '../../domain/errors.ts';
import { bounded, type Understanding } from '../../domain/understanding.ts';
import { type IssueForModel, ModelError, type ModelUsage, noModelUsage, type Understander } from '../model.ts';
import { type Read, readByRules } from './rules.ts';

export interface Asking {
  /** Null or absent: the rules alone. */
  model?: Understander | null | undefined;
  /** Tokens that may still be spent; null for as many as it takes. */
  remainingTokens: number | null;
  signal: AbortSignal;
}

export interface Reading {
  understanding: Understanding;
  /** What asking has cost, also where nothing came of it. */
  usage: ModelUsage;
  /** Why the model has said nothing; null where it has, or was not asked. Asking later may help where it passes. */
  failure: ModelError | null;
}

/** Throws nothing: where the model is of no help, the rules have the last word, and a note says why. */
export async function understand(issue: IssueForModel, { model, remainingTokens, signal }: Asking): Promise<Reading> {
  const read = readByRules(issue);
  const alone = (why: string, failure: ModelError | null): Reading => ({
    understanding: withNote(read.understanding, `Read without the model: ${why}`),
    ...{ usage: failure?.usage ?? noModelUsage, failure },
  });
  if (!model) return { understanding: read.understanding, usage: noModelUsage, failure: null };
  if (signal.aborted) return alone('there was no time left.', null);
  try {
    if (remainingTokens !== null && model.mostTokens(issue) > remainingTokens) {
      return alone(`it may cost more than the ${Math.max(0, remainingTokens)} tokens that are left.`, null);
    }
    const { understanding, usage } = await model.understand(issue, signal);
    return { understanding: merged(read, understanding), usage, failure: null };
  } catch (error) {
    const failure = error instanceof ModelError ? error : new ModelError('invalid', messageOf(error));
    return alone(failure.message, failure);
  }
}

const withNote = (understanding: Understanding, note: string): Understanding =>
  bounded({ ...understanding, notes: [note, ...understanding.notes] });

/** What is written comes first. Priority and pipeline are never the model's: no text may make itself the most urgent. */
function merged({ understanding: written, denied }: Read, model: Understanding): Understanding {
  const settled = new Set([...written.blockedBy, ...written.blocks, ...denied]);
  return bounded({
    ...written,
    contextTokens: written.contextTokens ?? model.contextTokens,
    difficulty: written.difficulty ?? model.difficulty,
    agent: written.agent ?? model.agent,
    blockedBy: [...written.blockedBy, ...model.blockedBy.filter(reference => !settled.has(reference))],
    by: 'model',
    notes: [...written.notes, ...model.notes],
  });
}
