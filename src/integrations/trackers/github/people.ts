/** Who may write to a repository of GitHub. */
import { absent, type GithubApi, placeOf } from '../../forges/github/api.ts';
import { at } from '../../http/path.ts';
import type { Tracker } from '../../tracker.ts';
import { permission } from './shapes.ts';

/** `maintain` is told as `write`, `triage` as `read`; some servers tell them as they are. */
const writing = new Set(['admin', 'maintain', 'write']);

export function createRights(api: GithubApi): Pick<Tracker, 'mayWrite'> {
  return {
    async mayWrite(project, { id, login }) {
      at`/${login}`;
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
      const answer = await api.get(permission, route, { ...placeOf(project), username: login }).catch(absent);
      // A name may have gone over to somebody else.
      return answer !== undefined && String(answer.user?.id) === id && writing.has(answer.permission);
    },
  };
}
