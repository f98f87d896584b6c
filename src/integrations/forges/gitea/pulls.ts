/** Pull requests of Gitea and Forgejo: found, or made once. */
import type { Forge, PullRequest } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { commitAnswer, type PullAnswer, pullAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

/** The two branches of a pull request. */
interface Ends {
  head: string;
  base: string;
}

export function createPulls(http: Http): Pick<Forge, 'pullRequest' | 'findPullRequest' | 'openPullRequest'> {
  /**
   * The open ones from this branch, oldest first. Gitea has no list by head, and `pulls/{base}/{head}` breaks on branches
   * with a slash: the list is filtered here.
   */
  async function openFrom(repository: string, { head, base }: Ends): Promise<PullAnswer[]> {
    const pulls = await http.list(`${pathOf(repository)}/pulls`, pullAnswer, {
      query: { state: 'open', base_branch: base },
    });
    const ours = pulls.filter(
      // A fork has branches of the same names.
      it => it.base.ref === base && branchOf(it) === head && sameRepository(it.head.repo?.full_name, repository),
    );
    return ours.sort((one, other) => one.number - other.number);
  }

  async function findPullRequest(repository: string, ends: Ends) {
    const newest = (await openFrom(repository, ends)).at(-1);
    return newest && toPullRequest(newest);
  }

  /** Gitea looks before it opens one, but not at the same instant: of two that come at once it opens both. */
  async function settleRace(repository: string, ends: Ends, made: PullAnswer): Promise<PullRequest> {
    const [first] = await openFrom(repository, ends);
    if (!first || first.number >= made.number) return toPullRequest(made);
    await http.ask('PATCH', pathOf(repository) + at`/pulls/${made.number}`, { body: { state: 'closed' } });
    return toPullRequest(first);
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
      await refuseEmpty(http, repository, wanted);
      const path = `${pathOf(repository)}/pulls`;
      const answer = await http.ask('POST', path, { body: wanted, expect: [409] });
      if (answer.status !== 409) {
        return settleRace(repository, wanted, http.read(answer, pullAnswer, `POST ${path}`));
      }
      // Somebody was faster, perhaps we ourselves before we were interrupted.
      const other = await findPullRequest(repository, wanted);
      if (other) return other;
      throw new OutsideError('conflict', `${wanted.head} of ${repository} cannot be opened: ${answer.words}`, {
        status: 409,
      });
    },
  };
}

/** Gitea opens a pull request even when there is nothing in it. */
async function refuseEmpty(http: Http, repository: string, { head, base }: Ends): Promise<void> {
  const one = { limit: 1, stat: false, verification: false, files: false };
  const path = `${pathOf(repository)}/commits`;
  // Older ones answer 500 for a branch that is not there. Opening the pull request says it better.
  const answer = await http.ask('GET', path, { query: { sha: head, not: base, ...one }, expect: [404, 500] });
  if (answer.status >= 400) return;
  const ahead = http.read(answer, commitAnswer.array().nullable(), `GET ${path}`);
  if (ahead && ahead.length > 0) return;
  throw new OutsideError('conflict', `There is nothing in ${head} of ${repository} that ${base} does not have.`);
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
