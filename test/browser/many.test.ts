/** Ten thousand tasks, and figures of what has become of some. */
import { describe, expect, test } from 'vitest';
import { makeData } from '../../bench/data.ts';
import { makePlace, serve } from '../service/process.ts';
import { browserProgram, eventually, openPage, openPlace } from './browser.ts';

describe.skipIf(browserProgram === undefined)('in a browser', () => {
  test('ten thousand tasks are on the board, and only the cards are made that one can see', async () => {
    const place = await makePlace();
    const data = await makeData(place.directory, { ended: 2_000, living: 8_000, hasRuns: false });
    const service = await serve(place, { args: ['--data', data] });
    const page = await openPage(service.url, '/board');
    await page.getByText('10001 tasks').waitFor({ timeout: 60_000 });
    const cards = page.locator('.card');
    expect(await cards.count()).toBeLessThan(80);
    const column = page.locator('.column').first().locator('.cards');
    const before = await column.locator('.card').first().getAttribute('data-task');
    await column.evaluate(it => it.scrollTo(0, it.scrollHeight));
    await eventually(() => column.locator('.card').last().getAttribute('data-task')).not.toBe(before);
    expect(await cards.count()).toBeLessThan(80);
    await page.keyboard.press('/');
    await page.keyboard.type('L-7777');
    await page.locator('[data-task="L-7777"]').waitFor();
    // Until the last letter is heard there are more.
    await eventually(() => cards.count()).toBe(1);
    await page.locator('[data-task="L-7777"] a').click();
    await page.getByRole('heading', { level: 1, name: /L-7777/ }).waitFor();
  });

  test('a figure leads to the tasks that it is made of, and all of them can be had as a table', async () => {
    const { add, until, open, service } = await openPlace();
    await add('ET-1');
    await add('ET-2', 'analysis=fails');
    await until('ET-1', 'person');
    await service.ask('POST', '/tasks/ET-1/cancel', {});
    await until('ET-1', 'cancelled');
    const page = await open('/figures');
    const tile = page.locator('.tiles div', { hasText: 'cancelled' });
    await tile.getByRole('link', { name: '1' }).click();
    await page.locator('[data-task="ET-1"]').waitFor();
    await eventually(() => page.locator('.card').count()).toBe(1);
    await page.goBack();
    const arrives = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as CSV' }).click();
    expect((await arrives).suggestedFilename()).toBe('figures.csv');
  });
});
