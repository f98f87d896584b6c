/**
 * What has gone wrong with git, worktrees, merge queues and agents elsewhere, each told by a script: a whole task on real git,
 * by the command line alone.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, test } from 'vitest';
import { temporaryDirectory } from './support/temporary.ts';

const kinds = [
  { kind: 'git-cases', shell: 'bash' },
  { kind: 'agent-cases', shell: 'sh' },
];
const program = fileURLToPath(new URL('../bin/signalbox.js', import.meta.url));
const cannotBeSetUp = 2;

describe.each(kinds)('of $kind', ({ kind, shell }) => {
  const cases = fileURLToPath(new URL(`fixtures/${kind}/`, import.meta.url));

  // Mostly they wait.
  test.concurrent.for(readdirSync(cases).filter(name => name !== 'prelude.sh'))(
    '%s ends as it should',
    { timeout: 180_000 },
    async (name, { skip, expect, onTestFinished }) => {
      const { exitCode, stdout } = await execa(shell, [join(cases, name)], {
        env: { SIGNALBOX: `${process.execPath} ${program}`, TMPDIR: temporaryDirectory(onTestFinished) },
        reject: false,
      });
      if (exitCode === cannotBeSetUp) skip(stdout);
      expect(exitCode, stdout).toBe(0);
    },
  );
});
