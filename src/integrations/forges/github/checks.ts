/** What was reported on a commit on GitHub: commit statuses, and the check runs of Actions and other apps. */
import { z } from 'zod';
import type { CheckState, CommitStatus, Forge } from '../../forge.ts';
import { instant, newestOfEach, type Report } from '../newest.ts';
import { type GithubApi, placeOf } from './api.ts';
import { checkRun, combined, type status } from './shapes.ts';

const statesOfStatuses: Readonly<Record<string, CheckState>> = { pending: 'pending', success: 'success' };
/** What was left out on purpose stands in nobody's way. */
const good = new Set(['success', 'neutral', 'skipped']);

const statusPage = combined.transform(({ statuses }) => statuses);
const runPage = z.object({ check_runs: checkRun.array() }).transform(({ check_runs }) => check_runs);
/** More is cut off by GitHub's page, and refused by its API. */
const longestDescription = 140;

export function githubChecks(api: GithubApi): Pick<Forge, 'checks' | 'setStatus'> {
  const statusesOf = (repository: string, sha: string) =>
    api.list(statusPage, 'GET /repos/{owner}/{repo}/commits/{ref}/status', { ...placeOf(repository), ref: sha });
  const runsOf = (repository: string, sha: string) =>
    api.list(runPage, 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...placeOf(repository), ref: sha });

  return {
    async checks(repository, sha) {
      const [statuses, runs] = await Promise.all([statusesOf(repository, sha), runsOf(repository, sha)]);
      return { sha, checks: newestOfEach([...statuses.map(ofStatus), ...runs.map(ofRun)]) };
    },

    async setStatus(repository, sha, wanted) {
      const description = shortened(wanted.description);
      const there = (await statusesOf(repository, sha)).find(({ context }) => context === wanted.context);
      if (there && isSame(there, wanted, description)) return;
      await api.ask('POST /repos/{owner}/{repo}/statuses/{sha}', {
        ...placeOf(repository),
        sha,
        state: wanted.state,
        context: wanted.context,
        description,
        ...(wanted.url === undefined ? {} : { target_url: wanted.url }),
      });
    },
  };
}

function ofStatus({ context, state, description, target_url, updated_at }: z.infer<typeof status>): Report {
  const check = {
    name: context,
    state: statesOfStatuses[state] ?? 'failure',
    description: description ?? '',
    url: target_url ?? null,
  };
  return { check, at: instant(updated_at), order: 0 };
}

function ofRun(run: z.infer<typeof checkRun>): Report {
  const isDone = run.status === 'completed' && Boolean(run.conclusion);
  const check = {
    name: run.name,
    state: !isDone ? ('pending' as const) : good.has(run.conclusion!) ? ('success' as const) : ('failure' as const),
    description: run.output?.title ?? run.conclusion ?? run.status,
    url: run.html_url ?? run.details_url ?? null,
  };
  // A run that has begun again is newer than the one that has ended since.
  return { check, at: instant(run.started_at) || instant(run.completed_at), order: run.id };
}

const isSame = (there: z.infer<typeof status>, wanted: CommitStatus, description: string) =>
  there.state === wanted.state &&
  (there.description ?? '') === description &&
  (there.target_url || undefined) === wanted.url;

const shortened = (description: string) =>
  description.length <= longestDescription ? description : `${description.slice(0, longestDescription - 1)}…`;
