/** The machines in force, and the one that an actor lives by, however one asks. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import type { Signalbox } from '../../src/client/signalbox.ts';
import { machineShow } from '../../src/operations/machine-show.ts';
import { waysOfAsking } from '../client/data.ts';

const pipeline = (name: string, stage = 'build') => ({
  name,
  stages: [{ name: stage, role: 'developer', gates: [{ kind: 'command', name: 'tests' }] }],
});

const idsIn = async (client: Signalbox) => (await client.ask('machine.list', {})).items.map(({ id }) => id);
const shown = async (client: Signalbox, machineId: string) =>
  JSON.parse((await client.ask('machine.show', { machineId })).text);

describe.each(waysOfAsking)('asked $name', ({ make }) => {
  test('there is a machine of each kind, and says what it is for', async () => {
    const { client } = await make();
    const { items, problems } = await client.ask('machine.list', {});
    expect(problems).toEqual([]);
    expect(items.map(({ kind }) => kind).sort()).toEqual(machineKinds.map(({ name }) => name).sort());
    for (const { means, states, definition } of items) {
      expect(means).toMatch(/^[A-Z].{20,}\.$/);
      expect(states).toBeGreaterThan(1);
      expect(definition).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(await idsIn(client)).toContain('task:default');
  });

  test('configured pipelines are machines too; one that cannot be read hides no other', async () => {
    const { client, directory, repository, configure } = await make();
    configure();
    const write = (file: string, text: unknown) => writeFileSync(join(directory, file), JSON.stringify(text));
    write('mine.json', pipeline('mine'));
    write('like-the-usual.json', pipeline('default'));
    write('broken.json', { name: 'broken' });
    const project = (file: string) => ({ repository, pipeline: `./${file}` });
    write('signalbox.config.json', {
      agents: { bot: { kind: 'command', program: ['true'] } },
      projects: { a: project('mine.json'), b: project('like-the-usual.json'), c: project('broken.json') },
    });
    const { items, problems } = await client.ask('machine.list', {});
    const tasks = items.filter(({ kind }) => kind === 'task');
    const [usual, mine, like] = tasks.map(({ id }) => id);
    expect([usual, mine]).toEqual(['task:default', 'task:mine']);
    expect(like).toBe(`task:default@${tasks[2]!.definition.slice(0, 8)}`);
    expect(problems).toEqual([expect.stringContaining('broken.json')]);
    expect((await shown(client, 'task:mine')).states).toHaveProperty('build');
    expect((await shown(client, like!)).states).toHaveProperty('build');
    expect((await shown(client, 'task:default')).states).toHaveProperty('analysis');
  });

  test('a machine is shown in each format, the definition when nobody names one', async () => {
    const { client } = await make();
    const json = await client.ask('machine.show', { machineId: 'breaker' });
    expect(json).toMatchObject({ id: 'breaker', kind: 'breaker', format: 'json' });
    expect(JSON.parse(json.text)).toMatchObject({ id: 'breaker', initial: 'closed' });
    const svg = await client.ask('machine.show', { machineId: 'breaker', format: 'svg' });
    expect(svg.text).toMatch(/^<svg [\s\S]*<title>The machine breaker\. Stops dispatch[\s\S]*<\/svg>$/);
    const again = await client.ask('machine.show', { machineId: 'breaker', format: 'svg' });
    expect(again.text).toBe(svg.text);
    const mermaid = await client.ask('machine.show', { machineId: 'task', format: 'mermaid' });
    expect(mermaid).toMatchObject({ kind: 'task', text: expect.stringMatching(/^stateDiagram-v2\n/) });
    const { mermaid: same } = await client.ask('pipeline.show', { name: 'default' });
    expect(mermaid.text).toBe(same);
  });

  test('an actor shows the machine that it lives by, whatever is in force', async () => {
    const { client, order } = await make();
    const { id } = await client.ask('task.add', { ...order, pipeline: pipeline('own', 'paint') as never });
    const machine = await shown(client, id);
    expect(machine.states).toHaveProperty('paint');
    expect(machine.states).not.toHaveProperty('analysis');
    expect(await client.ask('machine.show', { machineId: id })).toMatchObject({ id, kind: 'task' });
    await client.ask('task.cancel', { taskId: id });
    expect(await shown(client, id)).toEqual(machine);
    const provider = Object.keys((await client.ask('breaker.list', {})).breakers)[0];
    expect(await shown(client, `breaker:${provider}`)).toMatchObject({ id: 'breaker' });
  });

  test('what is no machine is refused with the nearest, and files of the machine are for administrators', async () => {
    const { client, directory, as } = await make();
    await expect(client.ask('machine.show', { machineId: 'braker' })).rejects.toMatchObject({
      code: 'not_found',
      reason: 'noMachine',
      message: expect.stringContaining('breaker'),
    });
    await expect(client.ask('machine.show', { machineId: 'task:nothing' })).rejects.toMatchObject({
      reason: 'noPipeline',
    });
    await expect(client.ask('machine.show', { machineId: 'task', format: 'png' as never })).rejects.toMatchObject({
      reason: 'badInput',
    });
    const file = join(directory, 'mine.json');
    writeFileSync(file, JSON.stringify(pipeline('mine')));
    expect((await shown(client, `task:${file}`)).states).toHaveProperty('build');
    const viewer = await as('viewer', 'eve');
    await expect(viewer.ask('machine.show', { machineId: `task:${file}` })).rejects.toMatchObject({
      reason: 'commandNotAllowed',
    });
  });
});

test('machines are shown where there is no data yet, and none is made by it', async () => {
  const { client, dataDir } = await waysOfAsking[0]!.make();
  expect(await shown(client, 'worker')).toMatchObject({ id: 'worker' });
  expect(await idsIn(client)).toContain('worker');
  await expect(client.ask('machine.show', { machineId: 'ET-1' })).rejects.toMatchObject({ reason: 'noMachine' });
  expect(existsSync(dataDir)).toBe(false);
});

test('as a document of its own, a machine has the media type of its format', () => {
  const answer = (format: 'json' | 'svg' | 'mermaid') => ({ id: 'x', kind: 'x', format, text: 'it' });
  expect(machineShow.media?.(answer('json'))).toEqual({ type: 'application/json', text: 'it' });
  expect(machineShow.media?.(answer('svg'))).toEqual({ type: 'image/svg+xml', text: 'it' });
  expect(machineShow.media?.(answer('mermaid'))).toEqual({ type: 'text/plain; charset=utf-8', text: 'it' });
});
