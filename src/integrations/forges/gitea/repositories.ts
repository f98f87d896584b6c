/** Repositories of Gitea and Forgejo: what they are, their branches, their files. */
import type { Forge } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at, ownerAndName } from '../../http/path.ts';
import { branchAnswer, repositoryAnswer } from './answers.ts';

/** The path of a repository in the API. */
export function pathOf(repository: string): string {
  const { owner, name } = ownerAndName(repository);
  return at`/repos/${owner}/${name}`;
}

export function createRepositories(http: Http): Pick<Forge, 'repository' | 'branch' | 'file'> {
  return {
    async repository(repository) {
      const { full_name, default_branch, archived, permissions } = await http.get(pathOf(repository), repositoryAnswer);
      return { name: full_name, defaultBranch: default_branch, mayPush: permissions?.push === true && !archived };
    },
    async branch(repository, name) {
      const found = await http.find(pathOf(repository) + at`/branches/${name}`, branchAnswer);
      return found && { name: found.name, sha: found.commit.id };
    },
    async file(repository, path, ref) {
      const answer = await http.ask('GET', pathOf(repository) + at`/raw/${path}`, { query: { ref }, expect: [404] });
      return answer.status === 404 ? undefined : answer.text;
    },
  };
}
