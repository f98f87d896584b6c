/** What the page says and does when the service is away, comes back, or lets nobody in any more. */
import { describe, expect, test } from 'vitest';
import { serve } from '../service/process.ts';
import { browserProgram, openPlace } from './browser.ts';

/** A browser says of itself that a request was not answered. */
const away = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|503/;

describe.skipIf(browserProgram === undefined)('in a browser', () => {
  test('a lost service is said, and when it is back the page goes on without a reload and misses nothing', async () => {
    const { add, until, open, service, place } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/', { mayComplain: away });
    await page.locator('.need', { hasText: 'ET-1' }).waitFor();
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    await service.crash();
    await page.getByRole('status').getByText('connection lost', { exact: true }).first().waitFor();
    await page.getByText('What you see is as it was').waitFor();
    const again = await serve(place, { args: ['--port', service.port] });
    // While the page does not know of it yet.
    await again.ask('POST', '/tasks/ET-1/approve', {});
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'ended' }).locator('[data-task="ET-1"].done').waitFor();
    expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true);
  });

  test('whoever has no token is asked for one, and comes to the place that he wanted', async () => {
    const { open, add } = await openPlace();
    await add('ET-1');
    const page = await open('/tasks/ET-1', { token: null, mayComplain: /401/ });
    await page.getByLabel('Token').fill('guessed');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('This token is not accepted.').waitFor();
    await page.getByLabel('Token').fill('sbx-test-token-of-the-service');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /ET-1/ }).waitFor();
    const cookies = await page.context().cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
      { httpOnly: true, sameSite: 'Strict' },
    ]);
    expect(await page.evaluate(() => [document.cookie, JSON.stringify(localStorage)].join())).not.toContain('sbx-');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
  });

  test('a viewer sees everything and no button that changes anything', async () => {
    const { open, add, until, service } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const { json } = await service.ask('POST', '/tokens', { name: 'eve', role: 'viewer' });
    const page = await open('/', { token: json.token as string });
    await page.locator('.need', { hasText: 'ET-1' }).waitFor();
    expect(await page.locator('.need button').count()).toBe(0);
    for (const path of ['/tasks/ET-1', '/agents', '/operations']) {
      await page.goto(`${service.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      for (const name of [/Approve/, /Kill/, /Reset/, /Start nothing/, /Release/]) {
        expect([path, await page.getByRole('button', { name }).count()]).toEqual([path, 0]);
      }
    }
  });

  test('a token that is taken back ends the page at once, and another one brings it back to where it was', async () => {
    const { open, service } = await openPlace();
    const { json } = await service.ask('POST', '/tokens', { name: 'bob', role: 'operator' });
    const page = await open('/operations', { token: json.token as string, mayComplain: /401/ });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await service.ask('POST', '/tokens/bob/revoke', {});
    await page.getByText('Your token is not accepted any more').waitFor();
    await page.getByLabel('Token').fill('sbx-test-token-of-the-service');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Operations' }).waitFor();
  });
});
