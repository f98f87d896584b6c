/** Merging on a fake Gitea, refused in the words of the real one. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { whoAsks } from './accounts.ts';
import { bodyOf, notFound, Refusal } from './answers.ts';
import { branchSha, git, merge, mergedTree, shaOf } from './git.ts';
import type { Pushed } from './git-http.ts';
import { pullOf, repositoryOf } from './lookup.ts';
import type { Reporter } from './news.ts';
import { refuseByRule } from './protections.ts';
import { authorOf } from './repositories.ts';
import { type FakeAccount, type FakePullIssue, type FakeRepository, isDraft, mayDo, type World } from './world.ts';

const wantedMerge = z.object({
  Do: z.string().optional(),
  head_commit_id: z.string().optional(),
  MergeTitleField: z.string().optional(),
  MergeMessageField: z.string().optional(),
  delete_branch_after_merge: z.boolean().optional(),
});
const styles = ['merge', 'rebase', 'rebase-merge', 'squash', 'fast-forward-only', 'manually-merged'];

export function addMergeRoutes(app: FastifyInstance, world: World, report: Reporter, pushed: Pushed): void {
  const path = '/api/v1/repos/:owner/:name/pulls/:number/merge';

  app.get(path, async (request, reply) => {
    if (!pullOf(request, repositoryOf(request, world)).pull.merged) throw notFound();
    return reply.code(204).send();
  });

  app.post(path, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const issue = pullOf(request, repository);
    const by = whoAsks(request, world);
    const body = bodyOf(request, wantedMerge);
    if (!styles.includes(body.Do ?? 'merge')) throw new Refusal(422, '[Do]: In');
    // Only merge commits are made here: the others are as if the repository did not allow them.
    if ((body.Do ?? 'merge') !== 'merge') throw new Refusal(405, `${body.Do} is not allowed an allowed merge style`);
    await world.alone(repository, async () => {
      refuseByState(world, repository, issue, by);
      const head = await mergeableHead(repository, issue);
      refuseByRule(repository, issue, head);
      if (body.head_commit_id && body.head_commit_id !== head) throw new Refusal(409, 'head out of date');
      await mergeNow(repository, issue, { head, by, message: messageOf(body, issue) });
    });
    await tell(repository, issue, by);
    if (body.delete_branch_after_merge) await removeBranch(issue, by);
    return reply.code(200).send();
  });

  async function tell(repository: FakeRepository, issue: FakePullIssue, by: FakeAccount) {
    const after = issue.pull.merged!.commit;
    const before = await git(repository.directory, 'rev-parse', `${after}^1`);
    await pushed(repository, [{ ref: `refs/heads/${issue.pull.base}`, before, after }], by);
    await report.pull(repository, issue, 'closed', by);
  }

  async function removeBranch({ pull: { head } }: FakePullIssue, by: FakeAccount) {
    const ref = `refs/heads/${head.branch}`;
    const before = await branchSha(head.repository.directory, head.branch);
    if (!before) return;
    await git(head.repository.directory, 'update-ref', '-d', ref);
    await pushed(head.repository, [{ ref, before, after: null }], by);
  }
}

function refuseByState(world: World, repository: FakeRepository, issue: FakePullIssue, by: FakeAccount): void {
  if (issue.pull.merged) throw new Refusal(405, 'The PR is already merged');
  if (issue.state === 'closed') throw notFound();
  if (!mayDo(by, repository, 'write')) throw new Refusal(405, 'User not allowed to merge PR');
  if (isDraft(issue)) throw new Refusal(405, 'Work in progress PRs cannot be merged');
  if (world.mergesHeldBack <= 0) return;
  world.mergesHeldBack -= 1;
  throw new Refusal(405, 'Please try again later');
}

/** The head, when it merges. A conflict is worded like a check that has not ended: so it is on the real one. */
async function mergeableHead(repository: FakeRepository, { number, pull }: FakePullIssue): Promise<string> {
  const head = (await shaOf(repository.directory, `refs/pull/${number}/head`)) ?? '';
  const base = (await branchSha(repository.directory, pull.base)) ?? '';
  if (!(await mergedTree(repository.directory, base, head))) throw new Refusal(405, 'Please try again later');
  return head;
}

function messageOf(body: z.infer<typeof wantedMerge>, { number, title }: FakePullIssue): string {
  const first = body.MergeTitleField?.trim() || `Merge pull request '${title}' (#${number})`;
  return [first, body.MergeMessageField?.trim()].filter(Boolean).join('\n\n');
}

async function mergeNow(
  repository: FakeRepository,
  issue: FakePullIssue,
  { head, by, message }: { head: string; by: FakeAccount; message: string },
): Promise<void> {
  const wanted = { base: issue.pull.base, head, message, author: authorOf(by) };
  const commit = await merge(repository.directory, wanted);
  if (!commit) throw new Refusal(409, '');
  const at = new Date();
  issue.pull.merged = { commit, by, at };
  Object.assign(issue, { state: 'closed', closedAt: at, updatedAt: at });
}
