/** What a project on GitLab holds: its default branch, its branches, its files. */
import type { Forge } from '../../forge.ts';
import { at, whole } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { type GitlabApi, joined, projectOf } from './api.ts';
import { branch, file, project } from './shapes.ts';

/** Developers may push; whether to a protected branch is another question. */
const developer = 30;

export function gitlabRepository(api: GitlabApi): Pick<Forge, 'repository' | 'branch' | 'file'> {
  return {
    async repository(repository) {
      const found = await api.get(projectOf(repository), project);
      const { project_access, group_access } = found.permissions ?? {};
      const level = Math.max(project_access?.access_level ?? 0, group_access?.access_level ?? 0);
      return {
        name: found.path_with_namespace,
        // Null in a project without commits.
        defaultBranch: found.default_branch ?? 'main',
        mayPush: level >= developer,
      };
    },

    async branch(repository, name) {
      const found = await api.find(`${projectOf(repository)}${at`/repository/branches/${whole(name)}`}`, branch);
      return found && { name: found.name, sha: found.commit.id };
    },

    async file(repository, path, ref) {
      const found = await api.find(`${projectOf(repository)}${at`/repository/files/${joined(path)}`}`, file, { ref });
      if (!found) return undefined;
      if (found.encoding !== 'base64') throw new OutsideError('invalid', `${path} comes as ${found.encoding}.`);
      return Buffer.from(found.content, 'base64').toString('utf8');
    },
  };
}
