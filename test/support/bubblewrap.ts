/**
 * Whether sandboxes can be made on this machine. Where they cannot, tests that need one are skipped, and say so; CI has to
 * have them.
 */
import { writeSync } from 'node:fs';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import { sandboxes } from '../../src/host/sandboxes/index.ts';

const problem = await sandboxes.bubblewrap.check({ ...noSandbox, driver: 'bubblewrap' });

if (problem !== null && process.env.CI === 'true') throw new Error(`These tests need a working bubblewrap. ${problem}`);
if (problem !== null) writeSync(2, `\nSKIPPED: tests that need a sandbox. ${problem}\n`);

export const hasBubblewrap = problem === null;
