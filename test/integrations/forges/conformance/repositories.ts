/** Repositories, branches and files. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { pushFiles } from '../git.ts';

export const repositoryBehaviour: Behaviour = place => {
  test('knows a repository, and whether we may push', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    expect(await forge.repository(repository)).toEqual({ name: repository, defaultBranch: 'main', mayPush: true });
  });

  test('says that a repository is not there', async () => {
    const { forge } = place();
    const us = await forge.account();
    await expect(forge.repository(`${us.login}/nothing-here`)).rejects.toMatchObject({ failure: 'notFound' });
  });

  test('says that a token is not known', async () => {
    await expect(place().withToken('0'.repeat(40)).account()).rejects.toMatchObject({ failure: 'unauthorized' });
  });

  test('refuses names that are no repository before it asks', async () => {
    const { forge, kind } = place();
    // On GitLab groups lie in groups.
    const deep = kind === 'gitlab' ? [] : ['one/two/three'];
    for (const name of ['one', ...deep, '../two', 'one/..', '/', ''])
      await expect(forge.repository(name)).rejects.toMatchObject({ failure: 'invalid' });
  });

  test('finds the head of a branch whose name has slashes', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const sha = await pushFiles(forge, repository, { branch: 'task/one#2', files: { 'a.txt': 'a\n' } });
    expect(await forge.branch(repository, 'task/one#2')).toEqual({ name: 'task/one#2', sha });
    expect(await forge.branch(repository, 'task/other')).toBeUndefined();
  });

  test('reads a file of a branch and of a commit', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'docs/a b.md': 'Grüße\n', empty: '' });
    const sha = await pushFiles(forge, repository, { branch: 'task/one', files: { 'docs/a b.md': 'other\n' } });
    expect(await forge.file(repository, 'docs/a b.md', 'main')).toBe('Grüße\n');
    expect(await forge.file(repository, 'docs/a b.md', 'task/one')).toBe('other\n');
    expect(await forge.file(repository, 'docs/a b.md', sha)).toBe('other\n');
    expect(await forge.file(repository, 'empty', 'main')).toBe('');
    expect(await forge.file(repository, 'none.md', 'main')).toBeUndefined();
    expect(await forge.file(repository, 'docs', 'main')).toBeUndefined();
  });
};
