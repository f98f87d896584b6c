/** What was reported on a commit on GitLab: the jobs of its pipelines and the statuses from outside, in one list. */
import type { z } from 'zod';
import type { CheckState, CommitStatus, Forge } from '../../forge.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { instant, newestOfEach, type Report } from '../newest.ts';
import { type GitlabApi, projectOf } from './api.ts';
import { pipeline, status } from './shapes.ts';

type Status = z.infer<typeof status>;

const words = { pending: 'pending', success: 'success', failure: 'failed' } as const;
const longestDescription = 140;

export function gitlabChecks(api: GitlabApi): Pick<Forge, 'checks' | 'setStatus'> {
  const statusesOf = (repository: string, sha: string, name?: string) =>
    api.list(`${projectOf(repository)}${at`/repository/commits/${sha}/statuses`}`, status, { query: { name } });

  async function set(repository: string, sha: string, wanted: CommitStatus, there: Status | undefined) {
    const description = shortened(wanted.description);
    // Nothing can be set to pending twice, but what is pending can begin to run: so new words can be shown once.
    const state = wanted.state === 'pending' && there?.status === 'pending' ? 'running' : words[wanted.state];
    await api.ask('POST', `${projectOf(repository)}${at`/statuses/${sha}`}`, {
      body: { state, name: wanted.context, description, target_url: wanted.url },
    });
  }

  return {
    async checks(repository, sha) {
      const [statuses, pipelines] = await Promise.all([
        statusesOf(repository, sha),
        api.list(`${projectOf(repository)}/pipelines`, pipeline, { query: { sha, order_by: 'id', sort: 'desc' } }),
      ]);
      return { sha, checks: newestOfEach([...statuses.map(ofStatus), ...withoutJobs(pipelines, statuses)]) };
    },

    async setStatus(repository, sha, wanted) {
      const known = await statusesOf(repository, sha, wanted.context);
      const there = known.filter(({ name }) => name === wanted.context).toSorted((one, other) => other.id - one.id)[0];
      if (there && isSame(there, wanted)) return;
      try {
        await set(repository, sha, wanted, there);
      } catch (error) {
        const isThere = there !== undefined && stateOf(there.status, false) === wanted.state;
        // It stands as wanted; GitLab does not let the words of a state be changed.
        if (isThere && error instanceof OutsideError && /cannot transition/i.test(error.message)) return;
        throw error;
      }
    },
  };
}

/**
 * The newest pipeline, as long as none of its jobs is known: it has not begun, or its file is wrong. Otherwise a pipeline
 * says nothing that its jobs do not say, and counts our own status in.
 */
function withoutJobs(pipelines: readonly z.infer<typeof pipeline>[], statuses: readonly Status[]): Report[] {
  const newest = pipelines.toSorted((one, other) => other.id - one.id)[0];
  if (!newest || statuses.some(({ pipeline_id }) => pipeline_id === newest.id)) return [];
  const check = {
    name: `pipeline (${newest.source ?? 'unknown'})`,
    state: stateOf(newest.status, false),
    description: newest.status,
    url: newest.web_url ?? null,
  };
  return [{ check, at: instant(newest.created_at), order: newest.id }];
}

function ofStatus(found: Status): Report {
  const check = {
    name: found.name,
    state: stateOf(found.status, found.allow_failure ?? false),
    description: found.description ?? found.status,
    url: found.target_url ?? null,
  };
  // Ids grow, while a job of a newer pipeline may have been made in the same instant.
  return { check, at: 0, order: found.id };
}

/** What waits for a person is no part of a pipeline that may go on without it. */
function stateOf(word: string, mayFail: boolean): CheckState {
  if (word === 'success' || word === 'skipped') return 'success';
  if (word === 'failed' || word === 'canceled' || word === 'manual') {
    return mayFail ? 'success' : word === 'manual' ? 'pending' : 'failure';
  }
  return 'pending';
}

const isSame = (there: Status, wanted: CommitStatus) =>
  stateOf(there.status, false) === wanted.state &&
  (there.description ?? '') === shortened(wanted.description) &&
  (there.target_url || undefined) === wanted.url;

const shortened = (description: string) =>
  description.length <= longestDescription ? description : `${description.slice(0, longestDescription - 1)}…`;
