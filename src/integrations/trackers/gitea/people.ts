/** Who may write to a repository of Gitea or Forgejo. */
import { personAnswer } from '../../forges/gitea/answers.ts';
import { pathOf } from '../../forges/gitea/repositories.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import type { Tracker } from '../../tracker.ts';
import { permissionAnswer } from './shapes.ts';

const writing = new Set(['write', 'admin', 'owner']);

export function createRights(http: Http): Pick<Tracker, 'mayWrite'> {
  return {
    async mayWrite(project, { id, login }) {
      const path = pathOf(project) + at`/collaborators/${login}/permission`;
      const answer = await http.ask('GET', path, { expect: [403, 404] });
      if (answer.status === 404) return false;
      if (answer.status === 200) {
        const { permission, user } = http.read(answer, permissionAnswer, `GET ${path}`);
        // A name may have gone over to somebody else.
        return String(user.id) === id && writing.has(permission);
      }
      // Only those who administrate a repository may ask about others. Whom work can be given to may write, and all see that.
      const assignees = await http.get(`${pathOf(project)}/assignees`, personAnswer.array().nullable());
      return (assignees ?? []).some(user => String(user.id) === id);
    },
  };
}
