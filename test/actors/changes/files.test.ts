/** Which files differ between two commits, and how, whatever they are called and whatever the repository is set to. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChangedFile, changedFiles } from '../../../src/actors/changes/files.ts';
import { patchOfFile, wholePatch } from '../../../src/actors/changes/patch.ts';
import type { Range } from '../../../src/actors/changes/range.ts';
import { gitIn } from '../../../src/actors/git.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { commitFiles, git } from '../repository.ts';

const plenty = 1_000_000;

/** A repository with these files, and what somebody changes of it. */
function changed(files: Record<string, string>, change: (directory: string) => void) {
  const directory = temporaryDirectory();
  git(directory, 'init', '--quiet', '--initial-branch=main');
  const base = commitFiles(directory, files, 'Begin');
  change(directory);
  const head = commitFiles(directory, {}, 'Change');
  return { directory, range: { base, head }, git: gitIn(directory) };
}

const withoutRaw = ({ raw: _, ...shown }: ChangedFile) => shown;
const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');

test('a file is added, modified, deleted or renamed, with the lines of each', async () => {
  const { git: repository, range } = changed(
    { 'kept.txt': 'same\n', 'old.txt': 'one\ntwo\n', 'gone.txt': 'a\nb\nc\n', 'from/name.txt': lines(20) },
    directory => {
      writeFileSync(join(directory, 'old.txt'), 'one\n2\nthree\n');
      rmSync(join(directory, 'gone.txt'));
      mkdirSync(join(directory, 'to'));
      renameSync(join(directory, 'from/name.txt'), join(directory, 'to/name.txt'));
      writeFileSync(join(directory, 'to/name.txt'), `${lines(20)}more\n`);
      writeFileSync(join(directory, 'new.txt'), 'fresh\n');
      writeFileSync(join(directory, 'picture'), Buffer.from([0, 1, 2, 0]));
    },
  );
  const usual = { before: null, isBinary: false };
  expect((await changedFiles(repository, range)).map(withoutRaw)).toEqual([
    { ...usual, path: 'gone.txt', status: 'deleted', additions: 0, deletions: 3 },
    { ...usual, path: 'new.txt', status: 'added', additions: 1, deletions: 0 },
    { ...usual, path: 'old.txt', status: 'modified', additions: 2, deletions: 1 },
    { ...usual, path: 'picture', status: 'added', additions: 0, deletions: 0, isBinary: true },
    { ...usual, path: 'to/name.txt', before: 'from/name.txt', status: 'renamed', additions: 1, deletions: 0 },
  ]);
});

test('the patch of a file that was renamed tells both names', async () => {
  const { git: repository, range } = changed({ 'a.txt': lines(20) }, directory => {
    renameSync(join(directory, 'a.txt'), join(directory, 'b.txt'));
  });
  const [file] = await changedFiles(repository, range);
  const { text } = await patchOfFile(repository, range, file!, plenty);
  expect(text).toContain('rename from a.txt\nrename to b.txt\n');
});

test('names may hold anything that a file system takes, and are told apart', async () => {
  const names = [
    ...[
      'new\nline',
      'tab\there',
      'a "quote"',
      'back\\slash',
      '"quoted"',
      "it's",
      '-dash',
      '--',
      ':(top)magic',
      ':!not',
    ],
    ...[
      'star*',
      'a?',
      '[abc]',
      'ä/ö',
      '日本',
      'name with spaces',
      ' leading',
      'trailing ',
      'line\ndiff --git a/x b/x\n',
    ],
    ...['\u{1F684}', '\u202e.txt', 'x\u0001y', 'x\u007fy'],
  ];
  const { git: repository, range } = changed({ 'start.txt': '' }, directory => {
    for (const [index, name] of names.entries()) {
      mkdirSync(join(directory, name, '..'), { recursive: true });
      writeFileSync(join(directory, name), `content ${index}\n`);
    }
  });
  const files = await changedFiles(repository, range);
  const asText = (path: string) => (path.startsWith('"\\"') ? (JSON.parse(path) as string) : path);
  expect(files.map(({ path }) => asText(path)).sort()).toEqual([...names].sort());
  for (const file of files) {
    const { text } = await patchOfFile(repository, range, file, plenty);
    const added = text.split('\n').filter(line => line.startsWith('+content'));
    expect([file.path, added]).toEqual([file.path, [`+content ${names.indexOf(asText(file.path))}`]]);
  }
});

test('names that are no text have one of their own each, and are found by it', async () => {
  const { git: repository, range } = changed({ 'start.txt': '' }, directory => {
    const write = (name: Buffer, text: string) =>
      writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), text);
    write(Buffer.from([0x63, 0xe9]), 'one\n');
    write(Buffer.from([0x63, 0xea]), 'two\n');
    write(Buffer.from([0x63, 0x2a, 0xff]), 'three\n');
    write(Buffer.from('"c\\351"'), 'four\n');
  });
  const files = await changedFiles(repository, range);
  expect(files.map(({ path }) => path)).toEqual(['"\\"c\\\\351\\""', '"c*\\377"', '"c\\351"', '"c\\352"']);
  const texts = await Promise.all(files.map(file => patchOfFile(repository, range, file, plenty)));
  expect(texts.map(({ text }) => /^\+(?!\+)(.*)$/m.exec(text)?.[1])).toEqual(['four', 'three', 'one', 'two']);
});

test('a file that became a directory, and one that became a link, are shown by themselves', async () => {
  const { git: repository, range } = changed({ thing: 'a file\n', link: 'a file\n' }, directory => {
    rmSync(join(directory, 'thing'));
    mkdirSync(join(directory, 'thing'));
    writeFileSync(join(directory, 'thing/below'), 'below\n');
    rmSync(join(directory, 'link'));
    symlinkSync('elsewhere', join(directory, 'link'));
  });
  const files = await changedFiles(repository, range);
  expect(files.map(({ path, status }) => `${status} ${path}`)).toEqual([
    'modified link',
    'deleted thing',
    'added thing/below',
  ]);
  const [link, thing] = await Promise.all(
    files.map(async file => (await patchOfFile(repository, range, file, plenty)).text),
  );
  expect(thing).toContain('-a file');
  expect(thing).not.toContain('below');
  expect(link).toMatch(/deleted file mode 100644[\s\S]*new file mode 120000[\s\S]*\+elsewhere/);
});

test('a mode alone is a change without lines', async () => {
  const { git: repository, range } = changed({ 'run.sh': 'true\n' }, directory =>
    chmodSync(join(directory, 'run.sh'), 0o755),
  );
  const files = await changedFiles(repository, range);
  expect(files.map(withoutRaw)).toEqual([
    { path: 'run.sh', before: null, status: 'modified', additions: 0, deletions: 0, isBinary: false },
  ]);
  expect((await patchOfFile(repository, range, files[0]!, plenty)).text).toContain('new mode 100755');
});

test('no program that the repository names is run, and its taste changes nothing', async () => {
  const change = (directory: string) => writeFileSync(join(directory, 'file.txt'), 'one\n\n2\n');
  const files = { 'file.txt': 'one\n\ntwo\n', '.gitattributes': '*.txt diff=evil\n' };
  const { directory, git: repository, range } = changed(files, change);
  const before = await wholePatch(repository, range, plenty);
  const mark = join(directory, 'was-run');
  const program = `touch ${mark}; cat`;
  const settings = {
    ...{ 'diff.external': program, 'diff.evil.command': program, 'diff.evil.textconv': program },
    ...{ 'core.pager': program, 'core.fsmonitor': program, 'color.ui': 'always', 'color.diff': 'always' },
    ...{ 'diff.noprefix': 'true', 'diff.mnemonicPrefix': 'true', 'diff.context': '0', 'diff.orderFile': mark },
    ...{
      'diff.renames': 'false',
      'diff.suppressBlankEmpty': 'true',
      'diff.relative': 'true',
      'core.quotePath': 'true',
    },
    ...{ 'diff.wsErrorHighlight': 'all', 'diff.submodule': 'log', 'diff.algorithm': 'patience' },
  };
  for (const [name, value] of Object.entries(settings)) git(directory, 'config', name, value);
  expect(await wholePatch(repository, range, plenty)).toEqual(before);
  expect(before.text).toContain('\n \n-two\n+2\n');
  expect(await changedFiles(repository, range)).toMatchObject([{ path: 'file.txt', additions: 1, deletions: 1 }]);
  expect(existsSync(mark)).toBe(false);
});

test('a patch that is too long is cut behind a whole line, and says so', async () => {
  const { git: repository, range } = changed({ 'start.txt': '' }, directory =>
    writeFileSync(join(directory, 'long.txt'), lines(100_000)),
  );
  const [file] = await changedFiles(repository, range);
  expect(file).toMatchObject({ additions: 100_000 });
  for (const cut of [
    await wholePatch(repository, range, 10_000),
    await patchOfFile(repository, range, file!, 10_000),
  ]) {
    expect(cut.isCut).toBe(true);
    expect(cut.text.length).toBeGreaterThan(9_900);
    expect(cut.text.length).toBeLessThanOrEqual(10_000);
    expect(cut.text).toMatch(/\+line \d+\n$/);
  }
  expect(await wholePatch(repository, range, 10_000_000)).toMatchObject({ isCut: false });
});

test('nothing is asked any more of a git for whom nobody waits', async () => {
  const { git: repository, range } = changed({ 'start.txt': '' }, directory =>
    writeFileSync(join(directory, 'x'), 'x\n'),
  );
  await expect(wholePatch(repository, range, plenty, AbortSignal.abort())).rejects.toMatchObject({
    reason: 'gitUnusable',
  });
});

const part = fc.stringMatching(/^[a-c "\\*\n:ä]{1,4}$/).filter(name => name.trim() !== '' && !/^[. ]+$/.test(name));
const path = fc
  .array(part, { minLength: 1, maxLength: 2 })
  // Git cannot read its own header of an empty file in a directory whose name ends with a space.
  .filter(parts => parts.slice(0, -1).every(directory => !directory.endsWith(' ')))
  .map(parts => parts.join('/'));
const text = fc.array(fc.constantFrom('one', 'two', 'three', '', '+++', '--- a', 'diff --git a/x b/x', '@@ -1 +1 @@'), {
  maxLength: 6,
});
/** No name is that of a file and of a directory. */
const tree = fc
  .dictionary(path, text, { maxKeys: 5 })
  .map(files => Object.fromEntries(Object.entries(files).filter(([name]) => !Object.keys(files).some(isBelow(name)))));
const isBelow = (name: string) => (other: string) => other.startsWith(`${name}/`);

test('a patch applied to the first commit gives the second, and is made of the patches of its files', async () => {
  const directory = temporaryDirectory();
  git(directory, 'init', '--quiet', '--initial-branch=main');
  const repository = gitIn(directory);
  const commit = (files: Record<string, readonly string[]>) => {
    git(directory, 'rm', '-r', '--quiet', '--force', '--ignore-unmatch', '.');
    return commitFiles(
      directory,
      Object.fromEntries(Object.entries(files).map(([name, all]) => [name, all.map(line => `${line}\n`).join('')])),
    );
  };
  await fc.assert(
    fc.asyncProperty(tree, tree, async (before, after) => {
      const range: Range = { base: commit(before), head: commit(after) };
      const files = await changedFiles(repository, range);
      const { text: whole, isCut } = await wholePatch(repository, range, plenty);
      expect(isCut).toBe(false);
      const parts = await Promise.all(files.map(file => patchOfFile(repository, range, file, plenty)));
      expect(parts.map(({ text: own }) => own).join('')).toBe(whole);
      git(directory, 'checkout', '--quiet', '--detach', range.base);
      if (whole !== '') {
        const options = { cwd: directory, input: whole };
        execFileSync('git', ['apply', '--index', '--whitespace=nowarn', '-'], options);
      }
      expect(git(directory, 'write-tree')).toBe(git(directory, 'rev-parse', `${range.head}^{tree}`));
      git(directory, 'reset', '--hard', '--quiet');
      git(directory, 'checkout', '--quiet', 'main');
    }),
    {
      numRuns: 25,
      examples: [
        [
          { 'a/b': ['one'], b: ['one', 'two'] },
          { a: ['one'], b: ['two'] },
        ],
      ],
    },
  );
}, 120_000);
