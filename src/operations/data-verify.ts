/** Is the data whole: the file, and every actor against its log. */
import { z } from 'zod';
import { operation } from './operation.ts';

export const dataVerify = operation({
  name: 'data.verify',
  summary: 'check the database and replay every actor',
  may: 'operator',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({
    ok: z.boolean(),
    integrity: z.array(z.string()).describe('what is wrong with the file'),
    actors: z.int().describe('how many were replayed'),
    differences: z.array(z.object({ actorId: z.string(), reason: z.string() })),
  }),
  route: { method: 'GET', path: '/data/verify', status: 200 },
  async run({ store, runtime }, _, { tell }) {
    const integrity = await store.integrity();
    const { checked, differences } = await runtime.verify(count => tell(count));
    return { ok: integrity.length === 0 && differences.length === 0, integrity, actors: checked, differences };
  },
});
