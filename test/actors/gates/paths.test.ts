/** What a branch may not change without a person. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgePaths } from '../../../src/actors/gates/paths.ts';
import { gitIn } from '../../../src/actors/git.ts';
import { gateSchema } from '../../../src/machines/pipeline.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { beginRepository, commitFiles, git, write } from '../repository.ts';

/** A shop whose branch changes these files, and removes those without a text. */
async function judge(changes: Record<string, string | null>, protect?: string[]) {
  const repository = join(temporaryDirectory(), 'shop');
  const files = {
    'package.json': '{"scripts":{"test":"vitest"},"dependencies":{}}',
    'src/total.ts': 'export {}',
    'test/total.test.ts': 'test()',
    'db/migrations/1.sql': 'create',
    '.github/workflows/ci.yml': 'jobs: {}',
  };
  write(repository, files);
  beginRepository(repository);
  commitFiles(repository, {});
  git(repository, 'branch', '--force', 'main');
  const written = Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== null);
  for (const [path, text] of Object.entries(changes)) if (text === null) git(repository, 'rm', '--quiet', path);
  const head = commitFiles(repository, Object.fromEntries(written));
  const commit = git(repository, 'rev-parse', 'main').trim();
  const target = { name: 'main', commit, base: commit };
  const gate = gateSchema.parse({ kind: 'paths', name: 'protected', ...(protect && { protect }) });
  return judgePaths(gate as never, gitIn(repository), { head, target });
}

test.each<[string, Record<string, string | null>, string]>([
  [
    'a script of package.json',
    { 'package.json': '{"scripts":{"test":"true"},"dependencies":{}}' },
    'package.json was changed',
  ],
  ['a build', { '.github/workflows/ci.yml': 'jobs: {a: {}}' }, '.github/workflows/ci.yml was changed'],
  ['a test that is gone', { 'test/total.test.ts': null }, 'the test test/total.test.ts was removed'],
])('%s is for a person, by default', async (_, changes, said) => {
  expect(await judge(changes)).toMatchObject({
    verdict: 'inconclusive',
    detail: `a person has to approve what is protected: ${said}`,
    concerns: [said],
  });
});

test.each<[string, Record<string, string | null>]>([
  ['code', { 'src/total.ts': 'export const a = 1' }],
  ['a dependency', { 'package.json': '{"scripts":{"test":"vitest"},"dependencies":{"a":"1"}}' }],
  ['a test that was changed', { 'test/total.test.ts': 'test(1)' }],
])('%s is not', async (_, changes) => {
  expect(await judge(changes)).toMatchObject({ verdict: 'pass' });
});

test('patterns are those of git, and count instead', async () => {
  expect(await judge({ 'db/migrations/2.sql': 'alter' }, ['db/**'])).toMatchObject({
    verdict: 'inconclusive',
    concerns: ['db/migrations/2.sql was changed'],
  });
  expect(await judge({ 'db/migrations/1.sql': null }, ['db/*/1.sql'])).toMatchObject({ verdict: 'inconclusive' });
  expect(await judge({ 'test/total.test.ts': null }, ['db/**'])).toMatchObject({ verdict: 'pass' });
});

test.each(['/etc', '../other', 'a/../../b', ''])('the pattern %j is refused', pattern => {
  const parsed = gateSchema.safeParse({ kind: 'paths', name: 'protected', protect: [pattern] });
  expect(parsed.success).toBe(false);
});
