/** Tasks as cards, however one asks. */
import { describe, expect, test } from 'vitest';
import type { Signalbox } from '../../src/client/signalbox.ts';
import { waysOfAsking } from '../client/data.ts';

const add = (client: Signalbox, repository: string, id: string) =>
  client.ask('task.add', { repository, id, title: `Work on ${id}`, agent: 'true' });

describe.each(waysOfAsking)('asked $name', ({ make }) => {
  test('a card says what the task says, and the gates of its stage', async () => {
    const { client, repository } = await make();
    await add(client, repository, 'ET-1');
    await client.ask('task.pause', { taskId: 'ET-1' });
    const task = await client.ask('task.show', { taskId: 'ET-1' });
    const { items, pipelines } = await client.ask('board', {});
    const [card] = items;
    const { id, title, project, state, stage, standing, why, headline, version } = task;
    expect(card).toMatchObject({ id, title, project, state, stage, standing, why, headline, version, run: null });
    expect(card!.gates).toEqual([
      { gate: 'requirements', verdict: null },
      { gate: 'requirementsApproval', verdict: null },
    ]);
    expect(pipelines).toEqual([
      { name: 'default', stages: ['analysis', 'architecture', 'development', 'review', 'testing', 'deploy'] },
    ]);
  });

  test('who follows from its position on misses nothing and is told nothing that the cards do not know', async () => {
    const { client, repository } = await make();
    await add(client, repository, 'ET-1');
    const { position } = await client.ask('board', {});
    await client.ask('task.pause', { taskId: 'ET-1' });
    const later = await client.ask('board', {});
    expect(later.position).toBeGreaterThan(position);
    expect(later.items[0]!.version).toBeGreaterThan(1);
  });

  test('pages hold all tasks once, the living first; some can be asked for by their ids', async () => {
    const { client, repository } = await make();
    for (const id of ['ET-1', 'ET-2', 'ET-3']) await add(client, repository, id);
    await client.ask('task.cancel', { taskId: 'ET-3' });
    const first = await client.ask('board', { limit: 2 });
    const second = await client.ask('board', { limit: 2, cursor: first.nextCursor! });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['ET-2', 'ET-1', 'ET-3']);
    expect(second.nextCursor).toBeNull();
    const some = await client.ask('board', { ids: 'ET-3,nothing,ET-1,ET-3' });
    expect(some.items.map(({ id }) => id)).toEqual(['ET-3', 'ET-1']);
    const ended = await client.ask('board', { status: 'ended' });
    expect(ended.items.map(({ id, standing }) => [id, standing])).toEqual([['ET-3', 'cancelled']]);
  });
});
