/** What a push to a fake GitHub tells its hooks. */
import type { Pushed } from '../gitea/git-http.ts';
import { isPull } from '../gitea/world.ts';
import type { GithubServer } from './server.ts';
import { pullShape, userShape } from './shapes.ts';

const nothing = '0'.repeat(40);

/** A push, and for each open pull request from the branch that it has new commits. */
export const announce =
  (server: GithubServer): Pushed =>
  async (repository, changes, by) => {
    for (const { ref, before, after } of changes) {
      server.tell(repository, 'push', {
        ref,
        before: before ?? nothing,
        after: after ?? nothing,
        created: before === null,
        deleted: after === null,
        forced: false,
        commits: [],
        head_commit: after === null ? null : { id: after, added: [], removed: [], modified: [] },
        pusher: { name: by.login },
        sender: userShape(by),
      });
      for (const target of server.world.repositories) {
        for (const issue of target.issues.filter(isPull)) {
          const { head } = issue.pull;
          if (issue.state !== 'open' || head.repository !== repository || ref !== `refs/heads/${head.branch}`) continue;
          server.tell(target, 'pull_request', {
            action: 'synchronize',
            ...{ number: issue.number, before, after },
            pull_request: await pullShape(server, target, issue),
            sender: userShape(by),
          });
        }
      }
    }
  };
