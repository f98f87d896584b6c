/** What may be written of the model that reads issues, and of what agents are good for. */
import { z } from 'zod';
import type { Secret } from '../domain/secret.ts';
import { type Around, secretAt } from './secrets.ts';
import { duration, object, text, tokens } from './words.ts';

/** A model behind an API like Anthropic's. */
export interface ModelConfig {
  url: string;
  key: Secret;
  model: string;
  timeLimitMs: number;
  /** Tokens that it may read and write in a day (UTC). */
  tokensPerDay: number;
}

export const difficulties = ['easy', 'medium', 'hard'] as const;

export const modelSchema = object({
  url: z
    .url({ protocol: /^https?$/, error: 'write an address such as https://api.anthropic.com' })
    .default('https://api.anthropic.com')
    .describe('Where it answers as the Messages API of Anthropic does.'),
  key: z.string({ error: `write the key as "\${NAME}", a variable of the environment` }).describe('From a variable.'),
  model: text().describe('Its name there.'),
  timeLimit: duration()
    .default(30_000)
    .describe('How long an answer may take before the rules alone count. Default 30s.'),
  tokensPerDay: tokens()
    .default(500_000)
    .describe('What it may use in a day (UTC) for each place from which a project takes work. Default 500k.'),
});

export function modelOf(model: z.output<typeof modelSchema>, around: Around): ModelConfig {
  const { url, key, timeLimit, ...rest } = model;
  return {
    ...rest,
    url: url.replace(/\/+$/, ''),
    key: secretAt(['reader', 'key'], key, around),
    timeLimitMs: timeLimit,
  };
}
