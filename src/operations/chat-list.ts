/** The chats of the configuration, and whether they can be used. */
import { z } from 'zod';
import { chatLane } from '../app/lanes.ts';
import { lookAtChat } from '../app/outside/looks.ts';
import { settingsOf } from '../app/settings.ts';
import { chatKinds } from '../config/chats.ts';
import type { Runtime } from '../runtime/index.ts';
import { at } from './fields.ts';
import { type Here, operation } from './operation.ts';
import { timeOf } from './views/time.ts';

const chatView = z.lazy(() =>
  z.object({
    name: z.string(),
    kind: z.enum(chatKinds),
    account: z.string().nullable().describe('who we are there'),
    problem: z.object({ why: z.string(), remedy: z.string() }).nullable(),
    rules: z.int().describe('rules by which something is told there'),
    waiting: z.object({ actions: z.int(), oldest: at.nullable() }).describe('what is still to be told there'),
  }),
);

export const chatList = operation({
  name: 'chat.list',
  summary: 'the chats that are configured, whether they can be used, and what waits to be told there',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ chats: z.array(chatView) }),
  route: { method: 'GET', path: '/chats', status: 200 },
  withoutData: async here => ({ chats: await readChats(here, undefined) }),
  run: async ({ here, runtime }) => ({ chats: await readChats(here, runtime) }),
});

async function readChats(here: Here, runtime: Runtime | undefined): Promise<z.output<typeof chatView>[]> {
  const settings = settingsOf((await here.configuration()).config);
  const lanes = runtime === undefined ? [] : await runtime.lanes();
  return Promise.all(
    Object.values(settings.chats).map(async ({ name, kind }) => {
      const { open = 0, oldestAt = null } = lanes.find(({ lane }) => lane === chatLane(name)) ?? {};
      return {
        ...{ name, kind, ...(await lookAtChat(settings, name)) },
        rules: settings.notify.filter(({ chat }) => chat === name).length,
        waiting: { actions: open, oldest: oldestAt === null ? null : timeOf(oldestAt) },
      };
    }),
  );
}
