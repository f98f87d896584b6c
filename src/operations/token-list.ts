/** Who may ask over a network. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { tokenRows, tokenView, viewOfToken } from './tokens.ts';

export const tokenList = operation({
  name: 'token.list',
  summary: 'who may ask over a network: tokens by name, never themselves',
  may: 'admin',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ items: z.array(tokenView) }),
  route: { method: 'GET', path: '/tokens', status: 200 },
  async run({ runtime }) {
    const views = (await tokenRows(runtime)).map(viewOfToken);
    return { items: views.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  },
});
