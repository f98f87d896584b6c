/** What a push to a fake GitLab tells its hooks. */
import type { Pushed } from '../gitea/git-http.ts';
import { isPull } from '../gitea/world.ts';
import { tellOfRequest } from './merge-requests.ts';
import type { GitlabServer } from './server.ts';

const nothing = '0'.repeat(40);

export const announce =
  (server: GitlabServer): Pushed =>
  async (repository, changes, by) => {
    for (const { ref, before, after } of changes) {
      const isTag = ref.startsWith('refs/tags/');
      server.tell(repository, isTag ? 'tag_push_events' : 'push_events', {
        object_kind: isTag ? 'tag_push' : 'push',
        ref,
        before: before ?? nothing,
        after: after ?? nothing,
        checkout_sha: after,
        ...{ user_id: by.id, user_username: by.login },
        commits: [],
        total_commits_count: 0,
      });
      for (const target of server.world.repositories) {
        for (const issue of target.issues.filter(isPull)) {
          const { head } = issue.pull;
          if (issue.state !== 'open' || head.repository !== repository || ref !== `refs/heads/${head.branch}`) continue;
          await tellOfRequest(server, target, { issue, action: 'update', by, oldrev: before });
        }
      }
    }
  };
