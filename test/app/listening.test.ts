/** What is asked of a tracker to hear what people say there. */
import { expect, test } from 'vitest';
import type { Ground } from '../../src/app/outside/ground.ts';
import { listen } from '../../src/app/outside/listening.ts';
import { defaultSettings, type Settings } from '../../src/app/settings.ts';
import { usualBoard } from '../../src/domain/board.ts';

/** A task that asks somebody and came from `from`; the project takes its work from the tracker `plan`. */
function listening({ from = 'plan' } = {}) {
  const asked: string[] = [];
  const answering =
    <T>(what: string, answer: T) =>
    async () => {
      asked.push(what);
      return answer;
    };
  const tracker = {
    skewMs: 0,
    account: async () => ({ id: '1', login: 'bot', email: null, isProgram: false }),
    comments: answering('comments', []),
    history: answering('history', []),
    reactions: answering('reactions', []),
  };
  const asks = { kind: 'approval', number: 1, at: 0 };
  const source = { tracker: from, project: 'uuid', item: 'i', id: 'i', key: 'ET-1', url: null };
  const context = { source, asks, project: 'shop', forge: null, questionComment: { question: 1, id: 'c' } };
  const row = { id: 'ET-1', kind: 'task', status: 'active', createdAt: 0, snapshot: JSON.stringify({ context }) };
  const settings = {
    ...defaultSettings,
    projects: { shop: { name: 'shop', remote: null, sources: [{ tracker: 'plan', board: usualBoard }] } },
  } as unknown as Settings;
  const ground = {
    settings: () => settings,
    trackers: { get: async () => tracker },
    runtime: async () => ({ actor: async () => row }),
  } as unknown as Ground;
  const once = (isPoll: boolean) => listen(ground, { taskId: 'ET-1', project: 'shop', cursors: {}, isPoll });
  return { asked, once };
}

test('news of an item has everything read that was said there', async () => {
  const { asked, once } = listening();
  expect(await once(false)).toMatchObject({ isAsking: true, words: [] });
  expect(asked).toEqual(['comments', 'history', 'reactions']);
});

test('without news only that is asked for which changes no item', async () => {
  const { asked, once } = listening();
  expect(await once(true)).toMatchObject({ isAsking: true, words: [] });
  expect(asked).toEqual(['reactions']);
});

test('where nobody looks at what has changed everything is read each time', async () => {
  const { asked, once } = listening({ from: 'another' });
  await once(true);
  expect(asked).toEqual(['comments', 'history', 'reactions']);
});
