/** Puts a backup in the place of the database. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { dataPaths } from '../app/data-directory.ts';
import { restore } from '../app/restore.ts';
import { localOperation } from './operation.ts';

export const dataRestore = localOperation({
  name: 'data.restore',
  summary: 'put a backup in the place of the database, while nobody works; what was there is kept beside it',
  may: 'admin',
  changes: true,
  input: z.strictObject({
    file: z.string().min(1).max(4_000).describe('a file that backup has written'),
    dataDir: z.string().max(4_000).optional().describe('instead of what the configuration says'),
  }),
  output: z.object({
    database: z.string(),
    before: z.string().nullable().describe('where the database that was there lies now; null where there was none'),
    tasks: z.int().describe('how many tasks the backup holds'),
  }),
  args: ['file'],
  // Nobody who works there may be asked.
  route: null,
  async run(here, { file, dataDir }) {
    const directory = dataDir ?? (await here.configuration()).config.dataDir;
    return restore(dataPaths(resolve(here.cwd, directory)), resolve(here.cwd, file));
  },
});
