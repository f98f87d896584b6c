/** Who may write to a repository of Gitea or Forgejo. */
import { personAnswer } from '../../forges/gitea/answers.ts';
import { pathOf } from '../../forges/gitea/repositories.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import type { Tracker } from '../../tracker.ts';
import { permissionAnswer } from './shapes.ts';

const writing = new Set(['write', 'admin', 'owner']);

export function createRights(http: Http, name: string): Pick<Tracker, 'mayWrite'> {
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
      // Only those who administrate a repository may ask about others. All see to whom work can be given: everybody who may
      // write is among them, but so is a team that may only read, and nothing tells the two apart.
      const assignees = await http.get(`${pathOf(project)}/assignees`, personAnswer.array().nullable());
      if (!assignees?.some(user => String(user.id) === id)) return false;
      const why = `${name} tells only those who administrate ${project} whether ${login} may write there.`;
      throw new OutsideError('forbidden', why, { status: 403 });
    },
  };
}
