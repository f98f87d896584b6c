/** Webhooks on GitHub. */
import type { z } from 'zod';
import type { Forge, Hook } from '../../forge.ts';
import { absent, type GithubApi, placeOf } from './api.ts';
import { hook } from './shapes.ts';

const events = [
  ...['push', 'create', 'delete', 'issues', 'issue_comment', 'pull_request', 'pull_request_review', 'status'],
  ...['check_suite', 'check_run', 'workflow_run'],
];

export function githubHooks(api: GithubApi): Pick<Forge, 'keepHook' | 'testHook'> {
  async function remove(repository: string, id: number) {
    const route = 'DELETE /repos/{owner}/{repo}/hooks/{hook_id}';
    await api.ask(route, { ...placeOf(repository), hook_id: id }).catch(absent);
  }

  return {
    async keepHook(repository, { url, secret, hasNewSecret = false }) {
      const place = placeOf(repository);
      const config = { url, content_type: 'json', secret };
      const all = await api.list(hook.array(), 'GET /repos/{owner}/{repo}/hooks', place);
      const [there, ...others] = all.filter(entry => entry.config.url === url);
      // Two of one address would send everything twice.
      for (const { id } of others) await remove(repository, id);
      if (!there) {
        const wanted = { ...place, name: 'web', config, events, active: true };
        return { ...asHook(await api.get(hook, 'POST /repos/{owner}/{repo}/hooks', wanted)), was: 'made' };
      }
      if (isAsWanted(there) && !hasNewSecret) return { ...asHook(there), was: 'there' };
      const route = 'PATCH /repos/{owner}/{repo}/hooks/{hook_id}';
      // Whether certificates are checked is for the one to say who looks after the server; GitHub would set it anew.
      const kept = await api.get(hook, route, {
        ...place,
        hook_id: there.id,
        config: { ...config, insecure_ssl: there.config.insecure_ssl ?? '0' },
        events,
        active: true,
      });
      return { ...asHook(kept), was: 'changed' };
    },

    async testHook(repository, id) {
      await api.ask('POST /repos/{owner}/{repo}/hooks/{hook_id}/pings', { ...placeOf(repository), hook_id: id });
      return true;
    },
  };
}

function isAsWanted({ active, events: there, config }: z.infer<typeof hook>): boolean {
  return active && config.content_type === 'json' && events.every(event => there.includes(event));
}

const asHook = ({ id, active, events: on, config }: z.infer<typeof hook>): Hook => ({
  id,
  url: config.url ?? '',
  isActive: active,
  events: on,
});
