/** What may be written of a tracker's place in a project: which items are taken up, what they show, what is heard of them. */
import { z } from 'zod';
import { type Board, type HearRule, type ShowRule, usualBoard, verbs } from '../domain/board.ts';
import { type Pick, usualPick } from '../domain/pick.ts';
import { object, oneOf, record, text } from './words.ts';

const list = (what: string) => z.array(text(), { error: `write a list of ${what}` }).default([]);

export const pickSchema = object({
  labels: list('labels').describe('Items with one of these labels.'),
  states: list('states').describe(
    'Items in one of these states; `@backlog`, `@unstarted` or `@started` means a group.',
  ),
  assignees: list('logins').describe('Items assigned to one of these; `me` is the account of Signalbox.'),
  authors: list('logins').describe('Items made by one of these.'),
});

const showSchema = z
  .union([text(), object({ state: text().optional(), label: text().optional() })], {
    error: 'write the name of a state, or { state, label }',
  })
  .transform(
    (shown): ShowRule =>
      typeof shown === 'string'
        ? { state: shown, label: null }
        : { state: shown.state ?? null, label: shown.label ?? null },
  );

const triggers = ['state', 'label', 'unlabel', 'assigned', 'unassigned', 'reaction'] as const;

const value = () => z.union([text(), z.literal(true)], { error: 'write a name, or true for any' }).optional();

const hearSchema = object({
  state: value().describe('It comes into this state; `@completed` means those of a group.'),
  label: value().describe('It gets this label.'),
  unlabel: value().describe('It loses this label.'),
  assigned: value().describe('It is assigned to this login; `me` is the account of Signalbox.'),
  unassigned: value().describe('It is taken from this login.'),
  reaction: oneOf(['approve', 'reject']).optional().describe('Somebody reacts so to a question of ours.'),
  does: oneOf([...verbs, 'nothing']).describe('What that orders of the task.'),
})
  .refine(
    rule => triggers.filter(on => rule[on] !== undefined).length === 1,
    `say one thing that happens: ${triggers.join(', ')}`,
  )
  .transform((rule): HearRule => {
    const on = triggers.find(name => rule[name] !== undefined) ?? 'state';
    const wanted = rule[on];
    return {
      on,
      value: typeof wanted === 'string' ? wanted : null,
      does: rule.does === 'nothing' ? null : rule.does,
    };
  });

export const boardSchema = object({
  show: record(/^[a-z][A-Za-z0-9]{0,31}$/, 'use a standing such as person, or the name of a stage', showSchema)
    .default({})
    .describe(
      'What an item shows, by stage, or by standing: working, waiting, person, blocked, paused, done, cancelled, failed.',
    ),
  hear: z
    .array(hearSchema, { error: 'write a list such as [{ state: Approved, does: approve }]' })
    .default([])
    .describe('What a change of an item orders; the first rule that fits counts, before the built-in ones.'),
});

export const fieldOwners = ['tracker', 'task'] as const;

/** Who wins for a field that both sides have. */
export interface Wins {
  text: (typeof fieldOwners)[number];
  /** Where the card stands. */
  card: (typeof fieldOwners)[number];
}

export const winsSchema = object({
  text: oneOf(fieldOwners)
    .default('tracker')
    .describe('Title and description. Default tracker: what is changed there reaches the next agent.'),
  state: oneOf(fieldOwners)
    .default('tracker')
    .describe('Where the card stands. Default tracker: what a person moved stays until the task decides something.'),
}).prefault({});

export const sourceSchema = object({
  tracker: text().describe('A tracker in `trackers`, or a forge in `forges`.'),
  trackerProject: text()
    .optional()
    .describe("The id or identifier of the tracker's project. Default: the project's `remote`."),
  pick: pickSchema
    .optional()
    .describe('Which items are for agents. Default: those assigned to the account of Signalbox.'),
  board: boardSchema.optional(),
  wins: winsSchema.describe('Who wins for which field.'),
});

/** A place of a tracker from which a project takes work. */
export interface Source {
  tracker: string;
  trackerProject: string | null;
  pick: Pick;
  board: Board;
  wins: Wins;
}

type ParsedSource = z.output<typeof sourceSchema>;

export function sourceOf({ tracker, trackerProject, pick, board, wins }: ParsedSource): Source {
  return {
    tracker,
    trackerProject: trackerProject ?? null,
    pick: pick ?? usualPick,
    board: {
      hear: [...(board?.hear ?? []), ...usualBoard.hear],
      show: { ...usualBoard.show, ...board?.show },
    },
    wins: { text: wins.text, card: wins.state },
  };
}
