/** A promise that is broken ends a build; nobody breaks one on purpose, so it is said to be. */
import { expect, test, vi } from 'vitest';

vi.mock('../../src/client/simulate.ts', async original => {
  const real = await original<typeof import('../../src/client/simulate.ts')>();
  return {
    ...real,
    simulate: async (...given: Parameters<typeof real.simulate>) => ({
      ...(await real.simulate(...given)),
      broken: [{ seed: 9, text: 'T-1 has cost $1.0000, and $0.0000 are on its account' }],
    }),
  };
});

test('a broken promise is told with the walk that shows it, and ends with 1 where a build asks for it', async () => {
  const { runProgram } = await import('../../src/cli/program.ts');
  const written: string[] = [];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(text => written.push(String(text)) > 0);
  try {
    const walk = ['simulate', '--runs', '2', '--tasks', '1', '--seed', '9'];
    expect(await runProgram(walk)).toBe(0);
    expect(written.join('')).toMatch(
      /✗ T-1 has cost \$1\.0000.*\n.*signalbox simulate default --seed 9 --runs 1 --tasks 1/,
    );
    expect(await runProgram([...walk, '--ci'])).toBe(1);
  } finally {
    stdout.mockRestore();
    process.exitCode = undefined;
  }
});
