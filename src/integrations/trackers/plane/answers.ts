/**
 * What Plane answers, as far as we read it. Ids and times are strict, for decisions hang on them. With `expand` it gives
 * whole objects in the place of ids; editions differ in what they expand, so both are read everywhere.
 */
import { z } from 'zod';

export const planeId = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);

/** Whether it can be an id at all: everything else leads to no object, and is not asked for. */
export const isPlaneId = (text: string): boolean => planeId.safeParse(text).success;

const time = z
  .string()
  .transform(text => Date.parse(text))
  .refine(Number.isFinite, 'is no time');

const text = z.string().nullish();

/** A time of which only counts whether it is there. */
const mark = z.unknown().optional();

const either = <T extends z.ZodType>(whole: T) => planeId.or(whole);

export const personAnswer = z.object({ id: planeId, display_name: text, email: text });
export type PersonAnswer = z.output<typeof personAnswer>;
const somePerson = either(personAnswer).nullish();

/** A member of a project or workspace: the account itself, or an object that names it. */
export const memberAnswer = z.object({
  id: planeId,
  display_name: text,
  email: text,
  member: somePerson,
  role: z.int().nullish(),
});

export const stateGroups = ['backlog', 'unstarted', 'started', 'completed', 'cancelled'] as const;
export const stateAnswer = z.object({
  id: planeId,
  name: z.string(),
  // Items that wait in triage are not listed; a group of another edition is no state that we could move to.
  group: z.enum(stateGroups).catch('backlog'),
});

export const labelAnswer = z.object({ id: planeId, name: z.string() });
export type LabelAnswer = z.output<typeof labelAnswer>;

export const projectAnswer = z.object({ id: planeId, name: z.string(), identifier: z.string().min(1) });

export const itemAnswer = z.object({
  id: planeId,
  name: z.string(),
  sequence_id: z.int().positive(),
  description_html: text,
  state: either(stateAnswer).nullish(),
  labels: z.array(either(labelAnswer)),
  assignees: z.array(either(personAnswer)),
  created_by: somePerson,
  project: either(z.object({ id: planeId, identifier: text })),
  created_at: time,
  updated_at: time,
  archived_at: mark,
  deleted_at: mark,
  is_draft: z.boolean().nullish(),
});
export type ItemAnswer = z.output<typeof itemAnswer>;

export const commentAnswer = z.object({
  id: planeId,
  comment_html: text,
  // `created_by` says what whoever wrote it wanted it to say.
  actor: somePerson,
  updated_by: somePerson,
  created_at: time,
  updated_at: time,
  edited_at: mark,
});
export type CommentAnswer = z.output<typeof commentAnswer>;

export const activityAnswer = z.object({
  id: planeId,
  field: text,
  old_value: text,
  new_value: text,
  actor: somePerson,
  created_at: time,
});

const related = z.array(either(z.object({ project_id: planeId, issue_id: planeId }))).default([]);
export const relationsAnswer = z.object({ blocking: related, blocked_by: related });

/** What a conflict names, and what was made: no more of it is needed. */
export const idAnswer = z.object({ id: planeId });
export const madeAnswer = z.object({ id: planeId, created_at: time });

export const versionAnswer = z.object({ instance: z.object({ current_version: z.string().min(1) }) });

/** One page of a list; some lists come whole. */
export const pageOf = <T extends z.ZodType>(entry: T) =>
  z.preprocess(
    answer => (Array.isArray(answer) ? { results: answer } : answer),
    z.object({
      results: z.array(entry),
      next_cursor: z.string().max(100).nullish(),
      next_page_results: z.boolean().nullish(),
      total_count: z.int().nullish(),
    }),
  );
