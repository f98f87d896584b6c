/** What a repository on GitHub holds: its default branch, its branches, its files. */
import type { Forge } from '../../forge.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { type GithubApi, placeOf } from './api.ts';
import { blob, branch, content, repository as shape } from './shapes.ts';

export function githubRepository(api: GithubApi): Pick<Forge, 'repository' | 'branch' | 'file'> {
  return {
    async repository(repository) {
      const found = await api.get(shape, 'GET /repos/{owner}/{repo}', placeOf(repository));
      return {
        name: found.full_name,
        defaultBranch: found.default_branch,
        mayPush: found.permissions?.push ?? false,
      };
    },

    async branch(repository, name) {
      const route = 'GET /repos/{owner}/{repo}/branches/{branch}';
      const found = await api.find(branch, route, { ...placeOf(repository), branch: name });
      // A branch that was renamed is answered under its new name.
      return found?.name === name ? { name, sha: found.commit.sha } : undefined;
    },

    async file(repository, path, ref) {
      const place = placeOf(repository);
      at`/${path}`;
      const found = await api.find(content, 'GET /repos/{owner}/{repo}/contents/{path}', { ...place, path, ref });
      if (found?.type !== 'file') return undefined;
      if (found.encoding === 'base64') return decoded(found.content ?? '');
      // Above a megabyte there is no content in the answer.
      const route = 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}';
      const whole = await api.get(blob, route, { ...place, file_sha: found.sha });
      if (whole.encoding !== 'base64') throw new OutsideError('invalid', `${path} comes as ${whole.encoding}.`);
      return decoded(whole.content);
    },
  };
}

const decoded = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
