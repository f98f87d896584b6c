/** Short ways to what most stories begin with. */
import type { PullRequest } from '../../../../src/integrations/forge.ts';
import type { Place } from '../conformance.ts';
import { type Files, pushFiles } from '../git.ts';

export const marker = '<!-- signalbox:task-1 -->';

export interface Opened {
  repository: string;
  sha: string;
  pull: PullRequest;
}

/** A repository with an open pull request from `task/one` to `main`. */
export async function openOne(
  { forge, people }: Place,
  { files = { 'new.txt': 'new\n' }, title = 'Add a file' }: { files?: Files; title?: string } = {},
): Promise<Opened> {
  const repository = await people.makeRepository({ 'README.md': '# One\n' });
  const sha = await pushFiles(forge, repository, { branch: 'task/one', files });
  const pull = await forge.openPullRequest(repository, { head: 'task/one', base: 'main', title, body: 'Why.' });
  return { repository, sha, pull };
}
