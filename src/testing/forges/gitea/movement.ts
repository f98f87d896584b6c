/** What follows when refs move: pull requests see a new head, reviews grow stale, and everybody is told. */
import { git, shaOf } from './git.ts';
import type { RefChange } from './git-http.ts';
import type { Reporter } from './news.ts';
import { type FakeAccount, type FakePullIssue, type FakeRepository, isPull, type World } from './world.ts';

/** Keeps the head of a pull request in the repository that it is for. */
export async function keepHead(repository: FakeRepository, { number, pull }: FakePullIssue): Promise<void> {
  const source = pull.head.repository.directory;
  const from = `+refs/heads/${pull.head.branch}:refs/pull/${number}/head`;
  await git(repository.directory, 'fetch', '--quiet', '--no-write-fetch-head', source, from);
}

export function createMovement(world: World, report: Reporter) {
  /** The open pull requests whose head is this branch, with the repositories that they are for. */
  const openFrom = (repository: FakeRepository, branch: string) =>
    world.repositories.flatMap(target =>
      target.issues
        .filter(isPull)
        .filter(
          ({ state, pull }) => state === 'open' && pull.head.repository === repository && pull.head.branch === branch,
        )
        .map(issue => ({ target, issue })),
    );

  return async (repository: FakeRepository, changes: readonly RefChange[], by: FakeAccount): Promise<void> => {
    for (const change of changes) {
      await report.refMoved(repository, change, by);
      const branch = /^refs\/heads\/(.+)$/.exec(change.ref)?.[1];
      if (!branch || !change.after) continue;
      for (const { target, issue } of openFrom(repository, branch)) {
        const kept = await shaOf(target.directory, `refs/pull/${issue.number}/head`);
        if (kept === change.after) continue;
        await keepHead(target, issue);
        for (const review of issue.pull.reviews) review.isStale = review.sha !== change.after;
        issue.updatedAt = new Date();
        await report.pull(target, issue, 'synchronized', by);
      }
    }
  };
}
