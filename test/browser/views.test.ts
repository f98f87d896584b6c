/** Every view, for everybody: narrow and wide, light and dark, by ear, in Russian. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Service } from '../service/process.ts';
import { barriersIn, browserProgram, eventually, openPlace } from './browser.ts';

/** `run` is one of ET-1. */
const viewsWith = (run: string) => [
  ...['/', '/needs-you', '/board', '/board?group=project', '/tasks/ET-1', '/tasks/ET-1?near=analysis'],
  ...['/tasks/ET-1?show=output', '/tasks/ET-1?show=changes', '/tasks/ET-1?show=context', '/tasks/ET-1?at=2'],
  ...[
    '/agents',
    `/agents/${run}`,
    '/figures',
    '/pipelines',
    '/operations',
    '/operations/connections',
    '/operations/dead-letters',
  ],
  ...['/operations/deliveries', '/operations/configuration'],
];

async function runOf({ ask }: Service): Promise<string> {
  const { json } = await ask('GET', '/agents');
  return (json.items as { agentId: string; taskId: string }[]).find(({ taskId }) => taskId === 'ET-1')!.agentId;
}

/** A task that waits for a person, and one that is blocked. */
async function openBoth() {
  const opened = await openPlace();
  await opened.add('ET-1');
  await opened.add('ET-2', 'analysis=fails');
  await opened.until('ET-1', 'person');
  await opened.until('ET-2', 'blocked');
  return opened;
}

describe.skipIf(browserProgram === undefined)('in a browser', () => {
  test.each(['light', 'dark'] as const)('no view has a barrier, %s', async colorScheme => {
    const { open, service } = await openBoth();
    // Colours are judged when nothing moves any more.
    const page = await open('/', { colorScheme, reducedMotion: 'reduce' });
    for (const path of viewsWith(await runOf(service))) {
      await page.goto(`${service.url}${path}`);
      expect([path, await barriersIn(page)]).toEqual([path, []]);
    }
  });

  test('nothing is wider than a phone of 320 pixels', async () => {
    const { add, until, open, service } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/', { viewport: { width: 320, height: 640 } });
    for (const path of viewsWith(await runOf(service))) {
      await page.goto(`${service.url}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await eventually(() => page.locator('.reading').count()).toBe(0);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, width]).toEqual([path, 320]);
    }
  });

  test('who speaks Russian is spoken to in Russian, and may choose otherwise', async () => {
    const { add, until, open } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/needs-you', { locale: 'ru-RU' });
    await page.getByRole('heading', { level: 1, name: 'Ждут вас' }).waitFor();
    await page.getByRole('button', { name: 'Одобрить' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ru');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('English');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Needs you' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Needs you' }).waitFor();
  });

  test('filters and searches are in the address, and back goes where one was', async () => {
    const { open } = await openBoth();
    const page = await open('/board');
    await page.locator('[data-task="ET-1"]').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('ET-2');
    await page.locator('[data-task="ET-1"]').waitFor({ state: 'detached' });
    expect(page.url()).toMatch(/\/board\?q=ET-2$/);
    await page.reload();
    await page.locator('[data-task="ET-2"]').waitFor();
    expect(await page.locator('[data-task="ET-1"]').count()).toBe(0);
    await page.locator('[data-task="ET-2"] a').click();
    await page.getByRole('heading', { level: 1, name: /ET-2/ }).waitFor();
    await page.goBack();
    await page.locator('[data-task="ET-2"]').waitFor();
    expect(page.url()).toMatch(/\/board\?q=ET-2$/);
  });

  test('on a wide screen the tasks stand beside the one that is looked at, and stay while others are opened', async () => {
    const { open } = await openBoth();
    const page = await open('/tasks/ET-1', { viewport: { width: 2200, height: 1000 } });
    const list = page.getByRole('navigation', { name: 'Board' });
    const current = list.locator('[aria-current="true"]');
    await eventually(() => current.allInnerTexts()).toEqual([expect.stringContaining('ET-1')]);
    expect(await barriersIn(page)).toEqual([]);
    await list.evaluate(element => element.setAttribute('data-same', 'yes'));
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /ET-2/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/tasks/ET-2');
    await eventually(() => current.allInnerTexts()).toEqual([expect.stringContaining('ET-2')]);
    expect(await list.getAttribute('data-same')).toBe('yes');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(2200);
    if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
    await page.setViewportSize({ width: 1200, height: 800 });
    await list.waitFor({ state: 'detached' });
    await page.getByRole('heading', { level: 1, name: /ET-2/ }).waitFor();
  });

  test('a configuration that cannot come into force is told, and so is when it is fixed', async () => {
    const { open, place } = await openPlace();
    const file = join(place.directory, 'signalbox.config.json');
    const page = await open('/operations/configuration');
    await page.getByRole('heading', { level: 2, name: 'Configuration' }).waitFor();
    writeFileSync(file, '{ "agents": { "bot": { "kind": "command", "program": [] } } }');
    await page.getByRole('alert').filter({ hasText: 'agents.bot.program' }).waitFor();
    writeFileSync(file, '{ "agents": { "bot": { "kind": "command", "program": ["true"] } } }');
    await page.getByText('"bot"').waitFor();
    await eventually(() => page.getByRole('alert').count()).toBe(0);
  });
});
