/** Plane for the conformance suite: what people do there, over its API with their own tokens. */
import { randomUUID } from 'node:crypto';
import type { ItemRef } from '../../../src/integrations/tracker.ts';
import { createPlaneTracker } from '../../../src/integrations/trackers/plane.ts';
import { htmlLines } from '../../../src/integrations/webhooks/html.ts';
import { wholeText } from '../../../src/integrations/webhooks/text.ts';
import type { People, TrackerPlace } from './conformance.ts';

export interface PlaneServer {
  url: string;
  workspace: string;
  /** Of us, of Maria who administrates, and of a guest. */
  tokens: { bot: string; maria: string; stranger: string };
  /** What it calls items. */
  word?: 'work-items' | 'issues';
  /** How Maria edits on its pages, which leaves a trace that an edit by the API does not; null where nobody sits there. */
  editOnPages: People['editComment'] | null;
  close(): Promise<void>;
}

type Ask = <T>(token: string, method: string, path: string, body?: unknown) => Promise<T>;

/** A place with the way to everything that the suite does not ask for. */
export interface PlanePlace extends TrackerPlace {
  /** Within the workspace. */
  ask: Ask;
  tokens: PlaneServer['tokens'];
  /** What it calls items. */
  word: string;
  /** The path of an item. */
  itemAt(ref: ItemRef): string;
}

export const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function createAsk(url: string, workspace: string): Ask {
  return async <T>(token: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1/workspaces/${workspace}${path}`, {
      method,
      headers: { 'x-api-key': token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

export async function planePlace(server: PlaneServer): Promise<PlanePlace> {
  const { url, workspace, tokens, word = 'work-items' } = server;
  const ask = createAsk(url, workspace);
  // A server for tests is expected to take as much as they ask.
  const withToken = (token: string) =>
    createPlaneTracker({ name: 'tracker', url, workspace, token, perMinute: null, timeoutMs: 20_000 });
  const [tracker, maria, stranger] = [tokens.bot, tokens.maria, tokens.stranger].map(withToken);
  const itemAt = ({ project, id }: ItemRef) => `/projects/${project}/${word}/${id}/`;
  const [us, guest] = [(await tracker!.account()).id, (await stranger!.account()).id];
  const people = createPeople(ask, { tokens, word, itemAt, us, guest });
  return {
    kind: 'plane',
    ...{ ask, tokens, word, itemAt, withToken },
    tracker: tracker!,
    maria: maria!,
    stranger: stranger!,
    people: {
      ...people,
      editComment: server.editOnPages ?? people.editComment,
      block: word === 'issues' ? null : people.block,
    },
    states: { todo: 'Todo', done: 'Done' },
    written: {
      plain: text => `<p class="editor-paragraph-block">${escaped(text)}</p>`,
      quote: text => `<blockquote><p>${escaped(text)}</p></blockquote>`,
      code: text => `<pre><code>${escaped(text)}</code></pre>`,
      join: (...parts) => parts.join(''),
    },
    seen: raw => wholeText(htmlLines(raw)),
    tells: { edits: server.editOnPages !== null, history: true },
    close: server.close,
  };
}

interface Named {
  id: string;
  name: string;
}

interface Page<T> {
  results: T[];
}

function createPeople(
  ask: Ask,
  of: Pick<PlanePlace, 'tokens' | 'itemAt'> & { word: string; us: string; guest: string },
): People {
  const { tokens, itemAt, word, us, guest } = of;
  const her = <T>(method: string, path: string, body?: unknown) => ask<T>(tokens.maria, method, path, body);
  const idOf = async (project: string, kind: 'states' | 'labels', name: string) => {
    const { results } = await her<Page<Named>>('GET', `/projects/${project}/${kind}/`);
    return results.find(it => it.name === name)!.id;
  };
  const idsOf = (project: string, names: readonly string[]) =>
    Promise.all(names.map(name => idOf(project, 'labels', name)));
  const read = (ref: ItemRef) => her<{ state: Named; labels: Named[] }>('GET', `${itemAt(ref)}?expand=state,labels`);
  const change = (ref: ItemRef, change: object) => her<void>('PATCH', itemAt(ref), change);

  return {
    async makeProject() {
      const identifier = `T${randomUUID().replaceAll('-', '').slice(0, 10).toUpperCase()}`;
      const { id } = await her<Named>('POST', '/projects/', { name: `Tests ${identifier}`, identifier, network: 0 });
      await her('POST', `/projects/${id}/members/`, { member: us, role: 15 });
      await her('POST', `/projects/${id}/members/`, { member: guest, role: 5 });
      for (const name of ['agent', 'bug', 'in review']) {
        await her('POST', `/projects/${id}/labels/`, { name, color: '#d73a4a' });
      }
      return id;
    },
    async openItem(project, { title, body, labels = [] }) {
      const { id } = await her<Named>('POST', `/projects/${project}/${word}/`, {
        name: title,
        ...(body === undefined ? {} : { description_html: body }),
        state: await idOf(project, 'states', 'Todo'),
        labels: await idsOf(project, labels),
      });
      return { project, id };
    },
    moveItem: async (ref, state) => change(ref, { state: await idOf(ref.project, 'states', state) }),
    label: async (ref, labels) => change(ref, { labels: await idsOf(ref.project, labels) }),
    assign: (ref, isOurs) => change(ref, { assignees: isOurs ? [us] : [] }),
    labels: async ref => (await read(ref)).labels.map(label => label.name),
    state: async ref => (await read(ref)).state.name,
    async comment(ref, written, by = 'maria') {
      return (await ask<Named>(tokens[by], 'POST', `${itemAt(ref)}comments/`, { comment_html: written })).id;
    },
    editComment: (ref, id, written) => her('PATCH', `${itemAt(ref)}comments/${id}/`, { comment_html: written }),
    deleteComment: (ref, id) => her('DELETE', `${itemAt(ref)}comments/${id}/`),
    async comments(ref) {
      const { results } = await her<Page<{ comment_html: string }>>('GET', `${itemAt(ref)}comments/`);
      return results.map(comment => comment.comment_html);
    },
    remove: ref => her('DELETE', itemAt(ref)),
    block: (ref, by) => her('POST', `${itemAt(ref)}relations/`, { relation_type: 'blocked_by', issues: [by.id] }),
    thumbUp: null,
  };
}
