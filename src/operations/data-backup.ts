/** A complete copy of the database while it is in use. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { operation } from './operation.ts';

export const dataBackup = operation({
  name: 'data.backup',
  summary: 'copy the database while it is in use',
  may: 'admin',
  changes: true,
  needs: 'read',
  input: z.strictObject({
    file: z
      .string()
      .max(4_000)
      .refine(file => isAbsolute(file) && !file.includes('\0'), 'write an absolute path')
      .describe('where to write the copy'),
  }),
  output: z.object({ file: z.string() }),
  args: ['file'],
  route: { method: 'POST', path: '/data/backup', status: 201 },
  fails: ['fileExists'],
  async plan(_, { file }) {
    if (existsSync(dirname(file))) return;
    const message = 'there is no such directory';
    throw new SignalboxError('invalid', 'badInput', `${quote(dirname(file))}: ${message}.`, {
      problems: [{ path: 'file', message }],
      remedy: { say: 'give a file in a directory that there is', field: 'file' },
    });
  },
  async run({ store }, { file }) {
    await store.backup(file);
    return { file };
  },
});
