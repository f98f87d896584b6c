/** Pull requests of Gitea and Forgejo: found, or made once. */
import { type Forge, ForgeError, type PullRequest } from '../../forge.ts';
import type { ForgeHttp } from '../http.ts';
import { at } from '../path.ts';
import { comparisonAnswer, type PullAnswer, pullAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

export function createPulls(http: ForgeHttp): Pick<Forge, 'pullRequest' | 'findPullRequest' | 'openPullRequest'> {
  /** Gitea has no list by head, and `pulls/{base}/{head}` breaks on branches with a slash: the list is filtered here. */
  async function findPullRequest(repository: string, { head, base }: { head: string; base: string }) {
    const isIt = (pull: PullAnswer) =>
      // A fork has branches of the same names.
      pull.base.ref === base && branchOf(pull) === head && sameRepository(pull.head.repo?.full_name, repository);
    const pulls = await http.list(`${pathOf(repository)}/pulls`, pullAnswer, {
      query: { state: 'open', base_branch: base },
      enough: seen => seen.some(isIt),
    });
    const [newest] = pulls.filter(isIt).sort((one, other) => other.number - one.number);
    return newest && toPullRequest(newest);
  }

  /** Gitea opens a pull request even when there is nothing in it. */
  async function refuseEmpty(repository: string, { head, base }: { head: string; base: string }) {
    const compared = await http.find(pathOf(repository) + at`/compare/${base}...${head}`, comparisonAnswer);
    if (compared?.total_commits !== 0) return;
    throw new ForgeError('conflict', `There is nothing in ${head} of ${repository} that ${base} does not have.`);
  }

  return {
    findPullRequest,
    async pullRequest(repository, number) {
      const pull = await http.find(pathOf(repository) + at`/pulls/${number}`, pullAnswer);
      return pull && toPullRequest(pull);
    },
    async openPullRequest(repository, wanted) {
      const found = await findPullRequest(repository, wanted);
      if (found) return found;
      await refuseEmpty(repository, wanted);
      const path = `${pathOf(repository)}/pulls`;
      const answer = await http.ask('POST', path, { body: wanted, expect: [409] });
      if (answer.status !== 409) return toPullRequest(http.read(answer, pullAnswer, `POST ${path}`));
      // Somebody was faster, perhaps we ourselves before we were interrupted.
      const other = await findPullRequest(repository, wanted);
      if (other) return other;
      throw new ForgeError('conflict', `${wanted.head} of ${repository} cannot be opened: ${answer.words}`, {
        status: 409,
      });
    },
  };
}

/** Names of repositories differ in case only by mistake. */
export const sameRepository = (one: string | undefined, other: string): boolean =>
  one?.toLowerCase() === other.toLowerCase();

/** `ref` names the branch only while it exists; the label keeps its name. */
const branchOf = (pull: PullAnswer) => pull.head.label || pull.head.ref;

export function toPullRequest(pull: PullAnswer): PullRequest {
  return {
    number: pull.number,
    url: pull.html_url,
    title: pull.title,
    body: pull.body,
    state: pull.merged ? 'merged' : pull.state === 'open' ? 'open' : 'closed',
    isDraft: pull.draft,
    author: pull.user?.login ?? '',
    head: { branch: branchOf(pull), sha: pull.head.sha, repository: pull.head.repo?.full_name ?? null },
    base: { branch: pull.base.ref },
    mergeCommit: pull.merged ? pull.merge_commit_sha || null : null,
  };
}
