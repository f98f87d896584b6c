/**
 * Builds the dashboard after `npm ci` in a checkout, so that `serve` has it. Where the tools for it are not installed, as in
 * a production install, there is nothing to do: a package brings it along.
 */
import { existsSync } from 'node:fs';

const isHere = existsSync(new URL('../web/vite.config.ts', import.meta.url));
const vite = await import('vite').catch(() => undefined);
if (isHere && vite !== undefined) {
  await vite.build({ configFile: new URL('../web/vite.config.ts', import.meta.url).pathname, logLevel: 'warn' });
}
