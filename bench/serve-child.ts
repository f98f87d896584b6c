/** `signalbox serve` on loopback, without a token. Prints its address. */
import { openLocal } from '../src/client/local.ts';
import { silentLogger } from '../src/service/log.ts';
import { startService } from '../src/service/serve.ts';

const [data = ''] = process.argv.slice(2);
const place = { cwd: process.cwd(), env: {}, data, warn: () => {} };
const { url } = await startService(openLocal(place, { name: 'bench', role: 'admin' }), {
  port: 0,
  env: {},
  logger: silentLogger,
  news: { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} },
});
process.stdout.write(`${url}\n`);
