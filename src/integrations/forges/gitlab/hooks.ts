/** Webhooks on GitLab, where each event is a switch. */
import type { z } from 'zod';
import type { Forge, Hook } from '../../forge.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { type GitlabApi, projectOf } from './api.ts';
import { hook } from './shapes.ts';

type Found = z.infer<typeof hook>;

const events = [
  ...['push_events', 'tag_push_events', 'issues_events', 'note_events', 'merge_requests_events'],
  ...['pipeline_events', 'job_events'],
];
const switches = Object.fromEntries(events.map(event => [event, true]));

export function gitlabHooks(api: GitlabApi): Pick<Forge, 'keepHook' | 'testHook'> {
  const hooksOf = (repository: string) => `${projectOf(repository)}/hooks`;

  return {
    async keepHook(repository, { url, secret, hasNewSecret = false }) {
      const path = hooksOf(repository);
      const [there, ...others] = (await api.list(path, hook)).filter(entry => entry.url === url);
      // Two of one address would send everything twice.
      for (const { id } of others) await api.ask('DELETE', `${path}${at`/${id}`}`, { expect: [404] });
      const wanted = { url, token: secret, ...switches };
      if (!there) return { ...asHook(await api.write('POST', path, wanted, hook)), was: 'made' };
      const one = `${path}${at`/${there.id}`}`;
      const isAsWanted = asHook(there).isActive && events.every(event => there[event] === true);
      if (isAsWanted && !hasNewSecret) return { ...asHook(there), was: 'there' };
      let kept = await api.write('PUT', one, wanted, hook);
      if (!asHook(kept).isActive) {
        // What was switched off for its failures works again when a test of it succeeds.
        await api.ask('POST', `${one}/test/push_events`, { expect: [404, 405, 422] });
        kept = await api.get(one, hook);
      }
      return { ...asHook(kept), was: 'changed' };
    },

    async testHook(repository, id) {
      const path = `${hooksOf(repository)}${at`/${id}`}`;
      // Before 17.0 there is no such call; 422 is a project without commits, or a receiver that did not take it.
      const answer = await api.ask('POST', `${path}/test/push_events`, { expect: [404, 405, 422] });
      if (answer.status !== 404) return answer.status < 300;
      if (await api.find(path, hook)) return false;
      throw new OutsideError('notFound', `There is no webhook ${id} in ${repository}.`, { status: 404 });
    },
  };
}

const asHook = (found: Found): Hook => ({
  id: found.id,
  url: found.url,
  // GitLab switches off what fails too often.
  isActive: !found.alert_status || found.alert_status === 'executable',
  events: Object.keys(found).filter(key => key.endsWith('_events') && found[key] === true),
});
