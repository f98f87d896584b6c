/** Statuses of commits on Gitea and Forgejo. */
import type { Check, CheckState, Forge } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { type StatusAnswer, statusAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

/** More is cut off on the page of the commit. */
const longestDescription = 140;

const states: Readonly<Record<string, CheckState>> = {
  pending: 'pending',
  success: 'success',
  failure: 'failure',
  error: 'failure',
  // A warning lets through, and what was left out did not fail.
  warning: 'success',
  skipped: 'success',
};

export function createStatuses(http: Http): Pick<Forge, 'checks' | 'setStatus'> {
  /** The history, newest first. The combined status is not asked: before 1.24 its verdict was about one page of it. */
  const statuses = (repository: string, sha: string, enough?: (seen: readonly StatusAnswer[]) => boolean) =>
    http.list(pathOf(repository) + at`/commits/${sha}/statuses`, statusAnswer, {
      query: { sort: 'highestindex' },
      ...(enough ? { enough } : {}),
    });

  return {
    async checks(repository, sha) {
      const newest = new Map<string, StatusAnswer>();
      for (const status of await statuses(repository, sha)) {
        // Pages move while they are read: only the id tells which is the newer one.
        if ((newest.get(status.context)?.id ?? 0) < status.id) newest.set(status.context, status);
      }
      return { sha, checks: [...newest.values()].map(toCheck) };
    },
    async setStatus(repository, sha, { context, state, description, url }) {
      const isOurs = (status: StatusAnswer) => status.context === context;
      const wanted = { context, state, description: shortened(description), target_url: url ?? '' };
      const seen = await statuses(repository, sha, found => found.some(isOurs));
      const last = seen.find(isOurs);
      const isThere =
        last?.status === state && last.description === wanted.description && last.target_url === wanted.target_url;
      if (!isThere) await http.ask('POST', pathOf(repository) + at`/statuses/${sha}`, { body: wanted });
    },
  };
}

const toCheck = (status: StatusAnswer): Check => ({
  name: status.context,
  // A state that nobody knows yet lets nothing through.
  state: states[status.status] ?? 'pending',
  description: status.description,
  url: status.target_url || null,
});

const shortened = (description: string): string =>
  description.length <= longestDescription ? description : `${description.slice(0, longestDescription - 1)}…`;
