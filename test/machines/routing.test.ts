/** Whom news of a forge or tracker means: the names under which its task is looked for, or why there is none. */
import { describe, expect, test } from 'vitest';
import type { OutsideEvent, Reading } from '../../src/domain/reading.ts';
import { branchLink, commitLink, itemLink, pullRequestLink, taskLinks } from '../../src/machines/links.ts';
import { candidatesOf, routeOf } from '../../src/machines/routing.ts';

const home = { name: 'home', repositories: ['Acme/Shop', 'acme/site'] };
const shop = { forge: 'home', repository: 'acme/shop' };
const sha = 'a'.repeat(40);
const read = (more: Partial<Reading>): Reading => ({
  ...{ kind: 'push', repo: 'acme/shop', branch: null, sha: null, number: null, action: null },
  ...{ actor: 'ann', verdict: null, ci: null },
  ...more,
});
const linksOf = (event: OutsideEvent, more: Partial<Reading>, place = home) => {
  const routed = routeOf(event, read(more), place);
  return 'nothing' in routed ? routed.nothing : routed.links;
};

describe('news', () => {
  test('of a branch are found by its name, whatever the case of the repository, and not of the branch', () => {
    const event = { type: 'branch.pushed', branch: 'Feature/X' };
    const links = linksOf(event, { branch: 'Feature/X', repo: 'ACME/shop' });
    expect(links).toEqual([branchLink(shop, 'Feature/X')]);
    expect(links).not.toEqual([branchLink(shop, 'feature/x')]);
  });

  test('of a pull request are found by its number, and by its branch before anybody knows the number', () => {
    const event = { type: 'review.approved', number: 7 };
    expect(linksOf(event, { kind: 'review', branch: 'x' })).toEqual([pullRequestLink(shop, 7), branchLink(shop, 'x')]);
    expect(linksOf({ ...event, onPullRequest: true }, { kind: 'comment' })).toEqual([pullRequestLink(shop, 7)]);
  });

  test('of an issue are found as an item of the forge, never as the pull request of that number', () => {
    const item = [itemLink('home', 'acme/shop#7')];
    expect(linksOf({ type: 'work.closed', number: 7 }, { kind: 'issue' })).toEqual(item);
    expect(linksOf({ type: 'comment.added', number: 7, onPullRequest: false }, { kind: 'comment' })).toEqual(item);
  });

  test('of a build are found by the commit', () => {
    expect(linksOf({ type: 'ci.failed', sha }, { kind: 'ci_status', sha })).toEqual([commitLink(shop, sha)]);
  });

  test('of a job whose repository has only a title are looked for in every repository, and of no other news', () => {
    const all = [commitLink(shop, sha), commitLink({ forge: 'home', repository: 'acme/site' }, sha)];
    expect(linksOf({ type: 'ci.failed', sha }, { kind: 'ci_job', repo: 'Acme / Shop' })).toEqual(all);
    expect(linksOf({ type: 'ci.failed', sha }, { kind: 'ci_job', repo: null })).toEqual(all);
    expect(linksOf({ type: 'ci.failed', sha }, { kind: 'ci_run', repo: null })).toMatch(/does not name of home$/);
    expect(linksOf({ type: 'ci.failed', sha }, { kind: 'ci_job', repo: 'bob/shop' })).toMatch(/^no project lies in/);
  });

  test('of a work item are found by its id at that tracker', () => {
    const plan = { name: 'plan', repositories: [] };
    expect(linksOf({ type: 'work.changed', workItem: 'i-1' }, { kind: 'work_item', repo: null }, plan)).toEqual([
      itemLink('plan', 'i-1'),
    ]);
  });

  test.each(['mallory/shop', 'acme/shop2', 'acme', '', 'constructor'])('of %j are of nobody', repo => {
    expect(linksOf({ type: 'branch.pushed' }, { repo, branch: 'x' })).toMatch(/^no project lies in/);
  });
});

test('those that live come before those that have ended, and each is named once', () => {
  const found = [
    { actorId: 'b', isLiving: false },
    { actorId: 'a', isLiving: true },
    { actorId: 'a', isLiving: true },
  ];
  expect(candidatesOf(found)).toEqual(['a']);
  expect(candidatesOf(found.slice(0, 1))).toEqual(['b']);
  expect(candidatesOf([])).toEqual([]);
});

describe('a task is called', () => {
  const forge = { name: 'home', repository: 'Acme/Shop', pullRequest: null, commentId: null };
  const links = (context: object) => taskLinks({ context } as never);

  test('by its branch, its pull request and a commit of its own', () => {
    const pullRequest = { number: 7, url: 'u' };
    expect(links({ forge: { ...forge, pullRequest }, source: null, branch: 'x', base: 'b', head: sha })).toEqual([
      ...[branchLink(shop, 'x'), pullRequestLink(shop, 7), commitLink(shop, sha)],
    ]);
  });

  test('by no commit on which others may have begun too', () => {
    expect(links({ forge, source: null, branch: 'x', base: sha, head: sha })).toEqual([branchLink(shop, 'x')]);
  });

  test('by its work item alone, where it is at no forge', () => {
    expect(links({ forge: null, source: { tracker: 'plan', id: 'i-1' }, branch: 'x', head: sha })).toEqual([
      itemLink('plan', 'i-1'),
    ]);
    expect(links({ branch: 'x', head: sha })).toEqual([]);
  });
});
