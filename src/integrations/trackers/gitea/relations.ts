/** What must be done before what, where a repository of Gitea or Forgejo keeps dependencies. */
import { type IssueAnswer, issueAnswer } from '../../forges/gitea/answers.ts';
import { issuePath } from '../../forges/gitea/issues.ts';
import type { Http } from '../../http/client.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemRef, Tracker } from '../../tracker.ts';
import { numberOf } from '../issues/numbers.ts';

export function createRelations(http: Http): Pick<Tracker, 'relations'> {
  return {
    async relations(ref) {
      const path = issuePath(ref.project, numberOf(ref));
      try {
        const blockedBy = await http.list(`${path}/dependencies`, issueAnswer);
        const blocks = await http.list(`${path}/blocks`, issueAnswer);
        return { blockedBy: blockedBy.flatMap(asRef), blocks: blocks.flatMap(asRef) };
      } catch (error) {
        // Dependencies can be switched off.
        if (error instanceof OutsideError && error.failure === 'notFound') return null;
        throw error;
      }
    },
  };
}

/** An issue that we must not see comes without its repository: nothing can be done with it. */
const asRef = ({ repository, number }: IssueAnswer): ItemRef[] =>
  repository ? [{ project: repository.full_name, id: String(number) }] : [];
