/** Figures out of real work: real git, real processes, a real database. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Signalbox } from '../../../src/client/signalbox.ts';
import { envelopeType } from '../../../src/operations/http.ts';
import type { FiguresView } from '../../../src/operations/views/figures.ts';
import { openSite, waysOfAsking } from '../../client/data.ts';
import { openService } from '../../http/place.ts';
import { startWork } from '../at-work.ts';
import { expectToAddUp } from './adding-up.ts';

vi.setConfig({ testTimeout: 180_000 });

const figuresOf = (client: Pick<Signalbox, 'ask'>, input: object = {}): Promise<FiguresView> =>
  client.ask('figures.show', input as never);

test('work that comes back, asks, fails and is done is counted, each with its tasks', async () => {
  const { add, until, untilOver, working } = await startWork();
  await add('GOOD');
  await untilOver('GOOD');
  await add('BACK', ['review.1=refuses']);
  await untilOver('BACK');
  await add('ASKS', ['analysis.1=asks']);
  await until('ASKS', 'person');
  await working.ask('task.answer', { taskId: 'ASKS', text: 'Euro' });
  await until('ASKS', 'working');
  await until('ASKS', 'person');
  await working.ask('task.cancel', { taskId: 'ASKS' });
  await add('LIVES');
  await until('LIVES', 'person');
  const figures = await figuresOf(working);

  const { overall } = figures;
  expect(overall.done).toEqual({ total: 2, tasks: ['BACK', 'GOOD'] });
  expect(overall.cancelled).toEqual({ total: 1, tasks: ['ASKS'] });
  expect(overall.living).toEqual({ total: 1, tasks: ['LIVES'] });
  expect(overall.leadTime).toMatchObject({ count: 2, total: 2, tasks: ['BACK', 'GOOD'] });
  expect([...figures.rework].sort((a, b) => (a.cause < b.cause ? -1 : 1))).toEqual([
    { cause: 'gate', gate: 'review', from: 'review', to: 'development', count: 1, total: 1, tasks: ['BACK'] },
    { cause: 'question', gate: null, from: 'analysis', to: 'analysis', count: 1, total: 1, tasks: ['ASKS'] },
  ]);
  expect(figures.gates.find(({ gate }) => gate === 'review')).toMatchObject({
    ...{ stage: 'review', kind: 'verdict', pass: 2, fail: 1, passRate: 2 / 3, firstPassRate: 1 / 2 },
    // Nothing had changed when the reviewer thought better of it.
    ...{ trees: 2, flakyTrees: 1, flakiness: 1 / 2, total: 2, tasks: ['BACK', 'GOOD'] },
  });
  expect(figures.stages.map(({ stage }) => stage)).toEqual([
    ...['analysis', 'architecture', 'development', 'review', 'testing', 'deploy', 'landing'],
  ]);
  const analysis = figures.stages[0]!;
  expect(analysis).toMatchObject({ total: 4, tasks: ['LIVES', 'ASKS', 'BACK', 'GOOD'] });
  for (const phase of ['working', 'person', 'preparing'] as const) expect(analysis.phases[phase]).toBeGreaterThan(0);
  const [use] = figures.usage.filter(({ stage }) => stage === 'development');
  expect(use).toMatchObject({ runs: 3, sessions: 3, again: { runs: 1 }, costUsd: null, tasks: ['BACK', 'GOOD'] });
  expect(figures.isCut).toBe(false);
  expectToAddUp(figures);

  const later = await figuresOf(working);
  expect({ ...later.overall, spent: null }).toEqual({ ...overall, spent: null });
});

test('what a run waits for a place is told apart from what it works', async () => {
  const { add, until, working } = await startWork();
  await working.ask('queue.pause', {});
  await add('ET-1', ['analysis=waits']);
  await vi.waitUntil(async () => (await working.ask('queue.show', {})).waiting.length === 1, { timeout: 20_000 });
  const held = await figuresOf(working);
  expect(Object.keys(held.stages[0]!.phases)).toContain('place');
  expect(held.stages[0]!.phases).not.toHaveProperty('working');
  await working.ask('queue.resume', {});
  await vi.waitUntil(async () => (await figuresOf(working)).stages[0]!.phases.working! > 0, { timeout: 20_000 });
  await working.ask('task.cancel', { taskId: 'ET-1' });
  await until('ET-1', 'cancelled');
  const ended = await figuresOf(working);
  expect(ended.overall.cancelled.tasks).toEqual(['ET-1']);
  expect(ended.stages[0]!.phases.place).toBeGreaterThan(0);
  expectToAddUp(ended);
});

describe('over HTTP', () => {
  async function served() {
    const data = await waysOfAsking[0]!.make();
    const site = await openSite(data);
    onTestFinished(() => site.close());
    const service = await openService(site);
    const ask = (query: string, headers: Record<string, string> = {}) =>
      service.ask('GET', `/figures${query}`, undefined, headers);
    await service.ask('POST', '/tasks', JSON.stringify({ ...data.order, id: 'ET-1' }));
    await service.ask('POST', '/tasks/ET-1/cancel', '{}');
    return ask;
  }

  test('they are JSON, and a table to whoever asks for CSV, by a field or by the type that he takes', async () => {
    const ask = await served();
    const json = await ask('');
    expect(json.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(json.json).toMatchObject({ csv: null, overall: { cancelled: { total: 1, tasks: ['ET-1'] } } });
    const byField = await ask('?format=csv');
    const byType = await ask('', { accept: 'text/csv' });
    for (const { status, headers, body } of [byField, byType]) {
      expect([status, headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
      expect(body).toMatch(/^figure,group,period,value,unit,count\r\n/);
      expect(body).toMatch(/^tasks\.cancelled,,\d{4}-\d\d-\d\d,1,tasks,1\r$/m);
      expect(body).toMatch(/^tasks\.cancelled,project=shop,[^,]+Z\/[^,]+Z,1,tasks,1\r$/m);
      expect(body).toMatch(/^leadTime\.median,,[^,]+,,ms,0\r$/m);
      for (const line of body.split('\r\n').slice(0, -1)) expect(line.split(',')).toHaveLength(6);
    }
    const wrapped = await ask('?format=csv', { accept: envelopeType });
    expect(wrapped.headers['content-type']).toContain(envelopeType);
    expect(String(wrapped.json.csv).split('\r\n')[0]).toBe(byField.body.split('\r\n')[0]);
    const said = await ask('?format=json', { accept: 'text/csv' });
    expect(said.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  test('a period that makes no sense is refused with the field', async () => {
    const ask = await served();
    for (const query of [
      '?from=yesterday',
      '?from=2026-02-30',
      '?to=2026-13-01',
      '?from=2026-01-01T00:00',
      '?by=month',
      '?to=2026-01-01T25:00:00Z',
      '?from=-1d',
      '?format=xml',
    ]) {
      const { status, json } = await ask(query);
      expect([query, status, json.reason]).toEqual([query, 400, 'badInput']);
    }
    const { json } = await ask('?from=2026-03-02&to=2026-03-01');
    expect(json).toMatchObject({ status: 400, reason: 'badInput', errors: [{ path: 'from' }] });
  });

  test('a day is counted whole, and a duration is how long ago', async () => {
    const ask = await served();
    const { json } = await ask('?from=2026-03-01&to=2026-03-01');
    expect(json).toMatchObject({ from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' });
    expect(json.overall).toMatchObject({ cancelled: { total: 0, tasks: [] }, leadTime: { medianMs: null } });
    const zoned = await ask('?from=2026-03-01T01:00:00%2B02:00&to=2026-03-02T00:00Z');
    expect(zoned.json.from).toBe('2026-02-28T23:00:00.000Z');
    const recent = (await ask('?from=12h&by=week')).json as unknown as FiguresView;
    // The end is the instant at which it is asked, up to its last millisecond.
    expect(Date.parse(recent.to) - Date.parse(recent.from)).toBe(12 * 3_600_000 + 1);
    expect(recent.overall.cancelled.total).toBe(1);
    expect(new Date(recent.periods[0]!.period).getUTCDay()).toBe(1);
    expect((await ask('?from=999999999999d')).json.from).toBe('1970-01-01T00:00:00.000Z');
    const usual = (await ask('')).json as unknown as FiguresView;
    expect(usual.from).toMatch(/T00:00:00\.000Z$/);
  });
});

describe.each(waysOfAsking)('asked $name', ({ make }) => {
  test('where nothing has happened yet all is nothing', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const figures = await figuresOf(client, { to: '1d' });
    expect(figures).toMatchObject({
      periods: [],
      projects: [],
      stages: [],
      rework: [],
      gates: [],
      usage: [],
      isCut: false,
    });
    expect(figures.overall.spent).toMatchObject({ total: 0, costUsd: null, runs: 0 });
    const now = await figuresOf(client, { project: 'shop', format: 'csv' });
    expect(now.overall.living.tasks).toEqual(['ET-1']);
    expect(now.csv).toContain('tasks.living,,');
    expect((await figuresOf(client, { project: 'other' })).overall.living.total).toBe(0);
  });
});
