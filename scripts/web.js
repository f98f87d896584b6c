/**
 * Builds the dashboard after `npm ci` in a checkout, so that `serve` has it. Where the tools for it are not installed, as in
 * a production install, there is nothing to do: a package brings it along. Plain JavaScript: at that moment the Node of this
 * machine may be the older one.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const configFile = fileURLToPath(new URL('../web/vite.config.ts', import.meta.url));
const vite = await import('vite').catch(() => undefined);
if (existsSync(configFile) && vite !== undefined) await vite.build({ configFile, logLevel: 'warn' });
