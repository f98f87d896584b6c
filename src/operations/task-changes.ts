/** What a task has changed: the files, and the changes themselves. */
import { z } from 'zod';
import { changesOf, fileStatuses } from '../app/task-changes.ts';
import { flag, taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation } from './operation.ts';

/** Files that are listed, at the most, and bytes of a patch. */
const mostFiles = 2_000;
const mostBytes = 1_000_000;

const changedFile = z.object({
  path: z.string().describe('a name that is no UTF-8, or begins with a quote, as git quotes it: "caf\\351.txt"'),
  before: z.string().nullable().describe('what it was renamed from; null for the same name'),
  status: z.enum(fileStatuses),
  additions: z.int().describe('lines; 0 for what is binary'),
  deletions: z.int(),
  isBinary: z.boolean(),
});

export const taskChanges = operation({
  name: 'task.changes',
  summary: 'what a task has changed, against what its target had',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    taskId,
    file: z.string().min(1).max(20_000).optional().describe('the patch of this file alone, by its name in the list'),
    at: z.coerce.number().int().min(1).optional().describe('as of this entry of its log'),
    stat: flag.describe('the list alone, without a patch'),
  }),
  output: z.object({
    base: z.string().nullable().describe('the commit with which it is compared; null before anything was prepared'),
    head: z.string().nullable().describe('the commit that is shown'),
    files: z.array(changedFile).describe(`in the order of their names, at most ${mostFiles}`),
    total: z.int().describe('how many files there are in all'),
    additions: z.int().describe('lines, in all of them'),
    deletions: z.int(),
    patch: z
      .string()
      .nullable()
      .describe(`a unified diff, up to ${mostBytes} bytes; what is no UTF-8 shows as U+FFFD. Null with \`stat\``),
    isCut: z.boolean().describe('whether the patch goes on'),
  }),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId/changes', status: 200 },
  fails: ['noTask', 'beyondLog', 'commitGone', 'noChange', 'gitUnusable', 'gitFailed'],
  async run({ runtime }, { taskId: id, file, at, stat }, { signal }) {
    const row = await taskRow(runtime, id);
    const asked = { file, at, isListOnly: stat, mostBytes, signal };
    const { range, files, patch } = await changesOf(runtime, row, asked);
    const sum = (count: (one: (typeof files)[number]) => number) => files.reduce((all, one) => all + count(one), 0);
    return {
      base: range?.base ?? null,
      head: range?.head ?? null,
      files: files.slice(0, mostFiles).map(({ raw: _, ...shown }) => shown),
      total: files.length,
      additions: sum(({ additions }) => additions),
      deletions: sum(({ deletions }) => deletions),
      patch: patch?.text ?? null,
      isCut: patch?.isCut ?? false,
    };
  },
});
