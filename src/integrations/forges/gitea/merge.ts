/**
 * Merging on Gitea and Forgejo. Whatever they answer, the pull request is looked at again before it is taken for a
 * refusal: the words of an answer are for people and change, what the pull request is does not.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Forge, MergeAnswer } from '../../forge.ts';
import type { Answer, Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { type PullAnswer, pullAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

/** How long Gitea may take to work out whether a pull request merges, before "not mergeable" is believed. */
export interface Patience {
  tries: number;
  pauseMs: number;
}

type Wanted = Parameters<Forge['merge']>[2];

export function createMerge(http: Http, { tries, pauseMs }: Patience): Pick<Forge, 'merge'> {
  const look = (path: string) => http.find(path, pullAnswer);

  /** Asks for the merge, and again as long as the forge is still working it out. */
  async function attempt(path: string, wanted: Wanted, triesLeft: number): Promise<MergeAnswer> {
    const body = {
      Do: 'merge',
      head_commit_id: wanted.sha,
      MergeTitleField: wanted.title,
      MergeMessageField: wanted.message,
    };
    const answer = await http.ask('POST', `${path}/merge`, { body, expect: [404, 405, 409, 423] });
    // Looking also makes recent versions work out whether it merges: they put that off until somebody looks.
    const pull = await look(path);
    const settled = standing(pull, wanted.sha) ?? (answer.status < 300 ? undefined : refusalIn(answer));
    if (settled) return settled;
    if (answer.status < 300) throw new OutsideError('unreachable', `The merge of ${path} has not shown up yet.`);
    if (triesLeft > 0) {
      await pause(pauseMs);
      return attempt(path, wanted, triesLeft - 1);
    }
    return undecided(pull!, answer);
  }

  return {
    async merge(repository, number, wanted) {
      const path = pathOf(repository) + at`/pulls/${number}`;
      return standing(await look(path), wanted.sha) ?? attempt(path, wanted, tries);
    },
  };
}

/** What the pull request itself says; undefined as long as it is open with the head that was judged. */
function standing(pull: PullAnswer | undefined, sha: string): MergeAnswer | undefined {
  if (!pull) return { result: 'closed', detail: 'The pull request is gone.' };
  if (pull.merged) {
    if (pull.merge_commit_sha) return { result: 'merged', commit: pull.merge_commit_sha };
    throw new OutsideError('unreachable', `Pull request ${pull.number} is merged, but not yet by which commit.`);
  }
  if (pull.state !== 'open') return { result: 'closed', detail: 'Somebody has closed the pull request.' };
  if (pull.head.sha !== sha) return { result: 'headMoved', detail: `The head is ${pull.head.sha} by now.` };
  return undefined;
}

/** What an answer says that is no success; undefined when the forge is still working it out. */
function refusalIn({ status, words }: Answer): MergeAnswer | undefined {
  const detail = words || `Answered with ${status}.`;
  if (status === 404) return { result: 'closed', detail };
  if (/try again later/i.test(words)) return undefined;
  if (status !== 409) return { result: 'refused', detail };
  if (/head out of date/i.test(words)) return { result: 'headMoved', detail };
  if (/push out of date/i.test(words)) return { result: 'notYet', detail };
  if (/push ?rejected/i.test(words)) return { result: 'refused', detail };
  // A conflict comes as what git wrote, without a message.
  return { result: 'conflict', detail: words || 'The branches do not merge.' };
}

/**
 * "Please try again later" is said both of a pull request that is still being looked at and of one with conflicts, and
 * nothing tells them apart. There is no conflict when the head holds all of the base; else patience has decided.
 */
function undecided(pull: PullAnswer, answer: Answer): MergeAnswer {
  const holdsBase = pull.merge_base !== '' && pull.merge_base === pull.base.sha;
  return pull.mergeable || holdsBase
    ? { result: 'notYet', detail: answer.words }
    : { result: 'conflict', detail: 'The forge does not find it mergeable.' };
}
