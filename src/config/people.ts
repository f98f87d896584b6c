/** Who people are at forges, trackers and chats, and what they may order of tasks from there. */
import { z } from 'zod';
import { type Verb, verbs } from '../domain/board.ts';
import { object, oneOf, record, text } from './words.ts';

export interface PersonConfig {
  name: string;
  /** By forge, tracker or chat: the login, mail address or id that they have there. */
  accounts: Record<string, string>;
  may: Verb[];
}

const account = z.union([text(), z.number().transform(String)], { error: 'write a login, mail address or id' });

export const personSchema = object({
  accounts: record(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'use the name of a forge, tracker or chat', account)
    .default({})
    .describe(
      'By the name of a forge, tracker or chat: the login, mail address or id there; at Plane the mail address or id, in chats the id. Default: the name of the person, at forges.',
    ),
  may: z
    .array(oneOf(verbs), { error: `write a list of ${verbs.join(', ')}` })
    .default([...verbs])
    .describe('What they may order of tasks by a comment, a label, a card, a reaction or a button. Default: all.'),
});

export const personOf = (name: string, person: z.output<typeof personSchema>): PersonConfig => ({ name, ...person });
