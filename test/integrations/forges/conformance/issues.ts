/** Issues and labels. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { marker } from './support.ts';

export const issueBehaviour: Behaviour = place => {
  test('opens an issue once, closed or not', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    await people.makeLabel(repository, 'bug');
    const wanted = { marker, title: 'It fails', body: 'Always.', labels: ['bug', 'nobody-knows'] };
    const first = await forge.openIssue(repository, wanted);
    expect(first).toMatchObject({ title: 'It fails', state: 'open', labels: ['bug'] });
    expect((await forge.openIssue(repository, wanted)).number).toBe(first.number);
    await people.closeIssue(repository, first.number);
    expect(await forge.openIssue(repository, wanted)).toMatchObject({ number: first.number, state: 'closed' });
    expect(await forge.issue(repository, first.number)).toMatchObject({ number: first.number, state: 'closed' });
  });

  test('does not take an issue of somebody else for its own', async () => {
    const { forge, reviewer, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const wanted = { marker, title: 'It fails', body: 'Always.', labels: [] };
    const theirs = await reviewer.openIssue(repository, wanted);
    expect((await forge.openIssue(repository, wanted)).number).not.toBe(theirs.number);
  });

  test('adds the labels that there are, and names the others', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    await people.makeLabel(repository, 'bug');
    await people.makeLabel(repository, 'in progress');
    const issue = await forge.openIssue(repository, { marker, title: 'It fails', body: '', labels: ['bug'] });
    const answer = await forge.addLabels(repository, issue.number, ['in progress', 'nobody-knows']);
    expect(answer).toEqual({ unknown: ['nobody-knows'] });
    expect((await people.labels(repository, issue.number)).toSorted()).toEqual(['bug', 'in progress']);
  });

  test('knows no issue of a number that nobody has used', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    expect(await forge.issue(repository, 999)).toBeUndefined();
  });
};
