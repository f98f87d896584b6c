/** What is read from git's files is what git itself says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { refsUnder, resolveCommit } from '../../src/actors/refs.ts';
import { createProject } from './repository.ts';

const all = ['refs/heads', 'refs/tags', 'refs/remotes', 'refs/stash'];

/** By git itself. */
async function told(repository: string, names: readonly string[] = all) {
  const lines = (await gitIn(repository)(['for-each-ref', '--format=%(refname) %(objectname)', ...names])).split('\n');
  return Object.fromEntries(lines.filter(Boolean).map(line => line.split(' ')));
}

const names = ['a', 'a/b', 'a.b', 'b/c', 'b/c/d', 'main', 'é'];
const step = fc.record({
  what: fc.constantFrom('make', 'move', 'delete', 'pack', 'tag', 'remote', 'symbolic'),
  name: fc.constantFrom(...names),
});

test('however branches, tags and others were made, moved, packed and deleted, both say the same', async () => {
  const { repository } = createProject();
  const git = gitIn(repository);
  const first = await git(['rev-parse', 'HEAD']);
  const second = await git(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'Second']);
  await git(['checkout', '--quiet', '--detach']);
  const steps: Record<string, (name: string) => string[]> = {
    make: name => ['branch', name, first],
    move: name => ['branch', '--force', name, second],
    delete: name => ['branch', '-D', name],
    pack: () => ['pack-refs', '--all'],
    tag: name => ['tag', '-m', 'Tag', name],
    remote: name => ['update-ref', `refs/remotes/origin/${name}`, second],
    symbolic: name => ['symbolic-ref', 'refs/remotes/origin/HEAD', `refs/remotes/origin/${name}`],
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async all => {
      for (const { what, name } of all) await git.result(steps[what]!(name));
      const refs = await refsUnder(git, ['refs/heads', 'refs/tags', 'refs/remotes', 'refs/stash']);
      expect(refs).toEqual(await told(repository));
      for (const name of names) {
        const { code, stdout } = await git.result(['rev-parse', '--verify', '--quiet', `refs/heads/${name}^{commit}`]);
        expect(await resolveCommit(git, `refs/heads/${name}`)).toBe(code === 0 ? stdout.trim() : undefined);
      }
      expect(await refsUnder(git, ['refs/heads/b/c'])).toEqual(await told(repository, ['refs/heads/b/c']));
    }),
    { numRuns: 8 },
  );
});

test('the same from a worktree, and in a repository without a checkout', async () => {
  const { repository, directory } = createProject();
  const linked = join(directory, 'linked');
  await gitIn(repository)(['worktree', 'add', '--quiet', '-b', 'other', linked]);
  expect(await refsUnder(gitIn(linked), all)).toEqual(await told(repository));
  const bare = join(directory, 'bare.git');
  execFileSync('git', ['clone', '--quiet', '--bare', repository, bare]);
  expect(await refsUnder(gitIn(bare), all)).toEqual(await told(bare));
});

test('names that lead out, links, pipes and half-written files are no branches', async () => {
  const { repository, directory } = createProject();
  const git = gitIn(repository);
  const head = await git(['rev-parse', 'HEAD']);
  writeFileSync(join(directory, 'outside'), `${head}\n`);
  const heads = join(repository, '.git/refs/heads');
  symlinkSync(join(directory, 'outside'), join(heads, 'link'));
  execFileSync('mkfifo', [join(heads, 'pipe')]);
  writeFileSync(join(heads, 'half'), head.slice(0, 7));
  writeFileSync(join(heads, 'next.lock'), `${head}\n`);
  mkdirSync(join(heads, 'empty'));
  expect(Object.keys(await refsUnder(git, ['refs/heads']))).toEqual(['refs/heads/main']);
  for (const name of ['link', 'pipe', 'half', 'empty', 'none']) {
    expect(await resolveCommit(git, `refs/heads/${name}`), name).toBeUndefined();
  }
  expect(await resolveCommit(git, 'refs/heads/../../../../outside')).toBeUndefined();
  expect(await resolveCommit(git, 'refs/heads/main')).toBe(head);
});

test('git is asked where the files are too many', async () => {
  const { repository } = createProject();
  const head = await gitIn(repository)(['rev-parse', 'HEAD']);
  const input = Array.from({ length: 2_100 }, (_, index) => `create refs/heads/many/${index} ${head}\n`).join('');
  await gitIn(repository)(['update-ref', '--stdin'], { input });
  expect(await refsUnder(gitIn(repository), all)).toEqual(await told(repository));
});
