/** A configuration is checked for what is valid and cannot be meant, and everything is said at once. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { makePlace } from './place.ts';

test('misspelt roles, words for a shell and programs that are not there are said together', async () => {
  const place = await makePlace();
  writeFileSync(join(place.directory, 'plain.sh'), 'exit 0\n');
  chmodSync(join(place.directory, 'plain.sh'), 0o644);
  const file = join(place.directory, 'signalbox.config.yaml');
  const config = {
    agents: {
      bot: { kind: 'command', program: ['true'] },
      gone: { kind: 'command', program: ['no-such-program', '--fast'] },
      plain: { kind: 'command', program: ['./plain.sh'] },
      piped: { kind: 'command', program: ['cat', 'prompt', '|', 'model'] },
    },
    agent: 'bot',
    roles: { reveiwer: 'bot', developer: 'bot' },
    projects: {
      shop: {
        repository: place.repository,
        roles: { testr: 'bot' },
        gates: { tests: [{ run: ['make', 'test', '&&', 'true'] }] },
      },
    },
  };
  writeFileSync(file, stringify(config));
  const { code, stdout } = await place.signalbox('config', 'check');
  expect(code).toBe(2);
  const lines = stdout.trim().split('\n');
  expect(lines.filter(line => line.startsWith('✗'))).toEqual([
    expect.stringMatching(/roles\.reveiwer: no stage has this role; did you mean reviewer/),
    expect.stringMatching(/projects\.shop\.roles\.testr: no stage has this role; did you mean tester/),
    expect.stringMatching(
      /agents\.piped\.program: "\|" is for a shell to understand.*\[sh, -c, "cat prompt \| model"\]/,
    ),
    expect.stringMatching(/projects\.shop\.gates\.tests: "&&" is for a shell/),
  ]);
  expect(stdout).toMatch(/^! agents\.gone\.program: there is no program "no-such-program" here/m);
  expect(stdout).toMatch(/^! agents\.plain\.program: \S+plain\.sh may not be executed; chmod \+x it/m);
  const asked = JSON.parse((await place.signalbox('config', 'check', '--json')).stdout);
  expect([asked.ok, asked.problems.length]).toEqual([false, 4]);

  writeFileSync(file, stringify({ ...config, agents: { bot: config.agents.bot }, roles: {}, projects: {} }));
  expect(await place.signalbox('config', 'check')).toMatchObject({ code: 0, stdout: expect.stringContaining('holds') });
});
