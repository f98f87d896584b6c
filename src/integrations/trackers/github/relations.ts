/** What must be done before what, where GitHub keeps it: github.com has since 2025, servers of one's own may not. */
import type { z } from 'zod';
import { absent, type GithubApi, placeOf } from '../../forges/github/api.ts';
import type { ItemRef, Tracker } from '../../tracker.ts';
import { numberOf } from '../issues/numbers.ts';
import { related } from './shapes.ts';

const dependencies = '/repos/{owner}/{repo}/issues/{issue_number}/dependencies';

export function createRelations(api: GithubApi): Pick<Tracker, 'relations'> {
  return {
    async relations(ref) {
      const place = { ...placeOf(ref.project), issue_number: numberOf(ref) };
      const blockedBy = await api.list(related.array(), `GET ${dependencies}/blocked_by`, place).catch(absent);
      const blocks =
        blockedBy && (await api.list(related.array(), `GET ${dependencies}/blocking`, place).catch(absent));
      return blockedBy && blocks ? { blockedBy: blockedBy.map(asRef), blocks: blocks.map(asRef) } : null;
    },
  };
}

/** `https://api.github.com/repos/owner/name`. */
const asRef = ({ number, repository_url }: z.infer<typeof related>): ItemRef => ({
  project: repository_url.split('/').slice(-2).join('/'),
  id: String(number),
});
