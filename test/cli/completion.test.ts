/** What a shell completes, and the manual page. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace, type Place } from './place.ts';

async function offered(place: Place, ...words: string[]): Promise<string[]> {
  return (await place.signalbox('complete', '--', ...words)).stdout.split('\n').filter(Boolean);
}

test('commands, their groups, options and ids are completed', async () => {
  const place = await makePlace();
  const added = ['task', 'add', '--repo', place.repository, '--title', 'x', '--agent', 'true', '--id'];
  for (const id of ['ET-1', 'ET-2', 'XY-1']) await place.signalbox(...added, id);
  expect(await offered(place, 'ta')).toEqual(['task']);
  expect(await offered(place, '')).toEqual(expect.arrayContaining(['agent', 'run', 'serve', 'task', 'wait']));
  expect(await offered(place, '')).not.toContain('complete');
  expect(await offered(place, 'task', 're')).toEqual(['reject', 'replay', 'resume', 'retry']);
  expect(await offered(place, 'task', 'list', '--st')).toEqual(['--standing', '--state']);
  expect(await offered(place, 'task', 'show', 'ET')).toEqual(['ET-1', 'ET-2']);
  expect(await offered(place, 'wait', '')).toEqual(['ET-1', 'ET-2', 'XY-1']);
  // The value of an option is not an id, and a directory with nothing in it offers none.
  expect(await offered(place, 'task', 'list', '--state', '')).toEqual([]);
  expect(await offered(place, 'task', 'show', '--data', place.repository, '')).toEqual([]);
  expect(await offered(place, 'nonsense', '')).toEqual([]);
});

test('bash asks the program', async () => {
  const place = await makePlace();
  const bin = join(place.directory, 'bin');
  mkdirSync(bin);
  symlinkSync(place.binary, join(bin, 'signalbox'));
  const script =
    'eval "$(signalbox completion bash)"; COMP_WORDS=(signalbox task sh); COMP_CWORD=2; _signalbox; printf "%s" $COMPREPLY';
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, SIGNALBOX_DATA: place.data };
  expect(execFileSync('bash', ['-c', script], { env, encoding: 'utf8' }).trim()).toBe('show');
  for (const shell of ['zsh', 'fish'])
    expect((await place.signalbox('completion', shell)).stdout).toContain('complete');
  expect(await place.signalbox('completion', 'tcsh')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('zsh'),
  });
});

test('the manual page has every command that people type, and no line that is an order by chance', async () => {
  const place = await makePlace();
  const { code, stdout } = await place.signalbox('man');
  expect(code).toBe(0);
  for (const words of ['task list', 'run', 'serve', 'restore', 'wait', 'prompt render'])
    expect(stdout).toContain(`.SS signalbox ${words}`);
  for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(/^(?:\.(?:TH|SH|SS|TP|B) |\.TP$|[^.'])/);
});
