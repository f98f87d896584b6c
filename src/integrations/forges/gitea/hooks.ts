/** Webhooks of a repository on Gitea and Forgejo. */
import type { Forge, Hook } from '../../forge.ts';
import type { Http } from '../../http/client.ts';
import { at } from '../../http/path.ts';
import { type HookAnswer, hookAnswer } from './answers.ts';
import { pathOf } from './repositories.ts';

/**
 * What we want to hear of. A server leaves out without a word what it does not know, and answers with the whole group
 * for `issues` and `pull_request`.
 */
const events = [
  ...['push', 'create', 'delete'],
  ...['pull_request', 'pull_request_sync', 'pull_request_review', 'pull_request_comment'],
  ...['issues', 'issue_assign', 'issue_label', 'issue_comment'],
  ...['status', 'workflow_run', 'workflow_job'],
];

export function createHooks(http: Http): Pick<Forge, 'keepHook' | 'testHook'> {
  const pathOfHook = (repository: string, id: number) => pathOf(repository) + at`/hooks/${id}`;

  async function make(repository: string, { url, secret }: { url: string; secret: string }) {
    const config = { url, content_type: 'json', secret };
    return http.write(
      'POST',
      `${pathOf(repository)}/hooks`,
      { type: 'gitea', config, events, active: true },
      hookAnswer,
    );
  }

  /** Brings a hook up to date: everything but its secret, which cannot be changed. */
  function update(repository: string, hook: HookAnswer, url: string) {
    const config = { url, content_type: 'json' };
    // What is not sent is taken away: the header may be what a proxy in front of us wants to see.
    const authorization_header = hook.authorization_header || undefined;
    return http.write(
      'PATCH',
      pathOfHook(repository, hook.id),
      { config, events, active: true, authorization_header },
      hookAnswer,
    );
  }

  /** Two of one address would send everything twice: the newest stays. */
  async function remove(repository: string, hooks: readonly HookAnswer[]) {
    for (const { id } of hooks) await http.ask('DELETE', pathOfHook(repository, id), { expect: [404] });
  }

  return {
    async keepHook(repository, { url, secret, hasNewSecret = false }) {
      const all = await http.list(`${pathOf(repository)}/hooks`, hookAnswer);
      const ours = all.filter(hook => hook.config.url === url).sort((one, other) => other.id - one.id);
      const [hook, ...others] = ours;
      if (!hook || hasNewSecret) {
        const made = await make(repository, { url, secret });
        // Made first: a delivery too many is noticed, one too few is not.
        await remove(repository, ours);
        return { ...toHook(made), was: hook ? 'changed' : 'made' };
      }
      await remove(repository, others);
      const isRight =
        hook.active && hook.config.content_type === 'json' && events.every(it => hook.events.includes(it));
      if (isRight) return { ...toHook(hook), was: 'there' };
      const updated = await update(repository, hook, url);
      // A server that does not know all of the events is no reason to say that something has changed.
      return { ...toHook(updated), was: saysTheSame(hook, updated) ? 'there' : 'changed' };
    },

    async testHook(repository, id) {
      await http.ask('POST', `${pathOfHook(repository, id)}/tests`);
      return true;
    },
  };
}

const toHook = (hook: HookAnswer): Hook => ({
  id: hook.id,
  url: hook.config.url,
  isActive: hook.active,
  events: hook.events.toSorted(),
});

const saysTheSame = (one: HookAnswer, other: HookAnswer): boolean =>
  JSON.stringify([toHook(one), one.config.content_type]) === JSON.stringify([toHook(other), other.config.content_type]);
