/** Writes the manual page for the package, so that it is installed with the program. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { catalogue } from '../src/cli/load.ts';
import { manualPage } from '../src/cli/man.ts';

const folder = new URL('../man/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('signalbox.1', folder), `${await manualPage(catalogue)}\n`);
