/** The whole life of a task, as a person sees it and takes part in it. */
import { describe, expect, test } from 'vitest';
import { browserProgram, eventually, openPlace } from './browser.ts';

describe.skipIf(browserProgram === undefined)('in a browser', () => {
  test('a task is approved by clicking, with what that does said before, and goes to its end before one’s eyes', async () => {
    const { add, until, open } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/');
    const row = page.locator('.need', { hasText: 'ET-1' });
    await row.getByRole('button', { name: 'Approve' }).click();
    const act = row.getByRole('form', { name: 'Approve' });
    await eventually(() => act.textContent()).toMatch(/goes to architecture.*starts agent-all-roles-sh/);
    await act.getByRole('button', { name: 'Approve' }).click();
    await row.waitFor({ state: 'detached' });
    const ended = page.getByRole('region', { name: 'ended' });
    await ended.locator('[data-task="ET-1"].done').waitFor();
    expect(await page.getByText('Needs you').first().isVisible()).toBe(true);
  });

  test('everything can be done without a mouse', async () => {
    const { add, until, open } = await openPlace();
    await add('ET-1');
    await add('ET-2');
    await until('ET-1', 'person');
    await until('ET-2', 'person');
    const page = await open('/');
    await page.locator('.need').nth(1).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('n');
    await eventually(() => page.url()).toMatch(/\/needs-you$/);
    await page.keyboard.press('j');
    const first = await page.evaluate(() => document.activeElement?.textContent ?? '');
    expect(first).toContain('ET-');
    await page.keyboard.press('r');
    await page.keyboard.type('the requirements miss rounding');
    await page.keyboard.press('Control+Enter');
    // Whoever works through the list is at the next one then, and goes on with the keys alone.
    const other = first.includes('ET-1') ? 'ET-2' : 'ET-1';
    await eventually(() => page.evaluate(() => document.activeElement?.textContent ?? '')).toContain(other);
    await page.keyboard.press('a');
    await page.locator('.act .outcome').waitFor();
    await page.keyboard.press('Enter');
    await until(other, 'done');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('et-1');
    await page.keyboard.press('Enter');
    await eventually(() => page.url()).toMatch(/\/tasks\/ET-1$/);
    await page.getByRole('heading', { level: 1, name: /ET-1/ }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('what somebody is just deciding stays under his hands when it is decided elsewhere', async () => {
    const { add, until, open, service } = await openPlace();
    await add('ET-1');
    await add('ET-2');
    await until('ET-1', 'person');
    await until('ET-2', 'person');
    const page = await open('/needs-you');
    await page.locator('.need').nth(1).waitFor();
    await page.locator('.need', { hasText: 'ET-1' }).locator('a.what').focus();
    await page.keyboard.press('r');
    await page.keyboard.type('1. the total is');
    await service.ask('POST', '/tasks/ET-1/cancel', {});
    await page.getByRole('alert').getByText('It was decided elsewhere').waitFor();
    await page.keyboard.type(' wrong\na \na');
    const written = page.locator('.need', { hasText: 'ET-1' }).locator('textarea');
    expect(await written.inputValue()).toBe('1. the total is wrong\na \na');
    await page.keyboard.press('Control+Enter');
    expect((await service.ask('GET', '/tasks/ET-2')).json.standing).toBe('person');
    expect(page.url()).toMatch(/needs-you$/);
  });

  test('an agent at work is followed, and killed after it was said what that does', async () => {
    const { add, open, place } = await openPlace();
    await add('ET-1', 'analysis=waits');
    const page = await open('/tasks/ET-1');
    const side = page.getByRole('complementary');
    await side.getByRole('button', { name: 'Kill agent…' }).click();
    await side.getByText('The process and everything that it has started is ended').waitFor();
    await side.getByRole('button', { name: 'Kill agent', exact: true }).click();
    await side.getByText('killed').first().waitFor();
    await eventually(() => place.processes()).toEqual([]);
    await page.locator('.standing.blocked').first().waitFor();
  });

  test('the past is shown as it was, and cannot be acted on', async () => {
    const { add, until, open } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/tasks/ET-1');
    await page.locator('.state.cell.lit', { hasText: 'awaitingApproval' }).waitFor();
    await page.keyboard.press('[');
    await page.getByText('As of').waitFor();
    await page.locator('.state.cell.lit', { hasText: 'gating' }).waitFor();
    expect(await page.getByRole('complementary').getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Context' }).click();
    await page.getByRole('heading', { name: 'What changed with this entry' }).waitFor();
    const address = page.url();
    await page.reload();
    await page.locator('.state.cell.lit', { hasText: 'gating' }).waitFor();
    expect(page.url()).toBe(address);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('complementary').getByRole('button', { name: 'Approve' }).waitFor();
  });

  test('the chart counts the ways that were taken, and shows a stage from near', async () => {
    const { add, until, open } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/tasks/ET-1');
    await eventually(() => page.locator('.way.taken').count()).toBe(2);
    const from = page.getByRole('button', { name: 'analysis from near' });
    await from.click();
    await page.locator('[data-state="analysis.working.running"]').waitFor();
    await eventually(() => page.locator('.way.taken').count()).toBeGreaterThan(3);
    expect(page.url()).toContain('near=analysis');
  });

  test('a task is forked from its past with other words, and leads to the new one; the old one stays', async () => {
    const { add, until, open, service } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const before = (await service.ask('GET', '/tasks/ET-1')).json.version;
    const page = await open('/tasks/ET-1?at=3');
    await page.getByRole('button', { name: 'Fork…' }).click();
    const form = page.getByRole('form', { name: 'Fork' });
    await form.getByLabel('What the next agent is told in addition').fill('mind the rounding');
    await form.getByRole('button', { name: 'Fork' }).click();
    await page.getByRole('heading', { level: 1, name: /ET-1-fork/ }).waitFor();
    await page.getByRole('link', { name: 'ET-1', exact: true }).click();
    await eventually(() => page.url()).toMatch(/\/tasks\/ET-1\?at=3$/);
    expect((await service.ask('GET', '/tasks/ET-1')).json).toMatchObject({ version: before, forks: ['ET-1-fork'] });
    // Whatever is at work writes.
    await until('ET-1-fork', 'person');
  });

  test('on paper an event leads where it would, and nothing happens', async () => {
    const { add, until, open, service } = await openPlace();
    const page = await open('/pipelines/default');
    const whatIf = page.getByRole('region', { name: 'What if' });
    await whatIf.waitFor();
    // Tasks that come after the page are there to be asked of, too.
    await add('ET-1');
    await until('ET-1', 'person');
    const before = (await service.ask('GET', '/tasks/ET-1')).json.version;
    await whatIf.getByText('goes to architecture').waitFor();
    await whatIf.getByLabel('Event').selectOption('task.cancel');
    await whatIf.getByText('goes to cancelled').waitFor();
    await whatIf.getByLabel('Event').selectOption('task.resume');
    await whatIf.getByText('It would change nothing').waitFor();
    expect((await service.ask('GET', '/tasks/ET-1')).json.version).toBe(before);
  });

  test('the output of an agent comes as it is printed, with what it was asked and what it has changed', async () => {
    const { add, until, open } = await openPlace();
    await add('ET-1');
    await until('ET-1', 'person');
    const page = await open('/tasks/ET-1?show=output');
    await page.getByText('The run has ended.').waitFor();
    await page.getByRole('button', { name: 'Prompt' }).click();
    await page.locator('pre.prompt', { hasText: 'ET-1' }).waitFor();
    await page.getByRole('link', { name: 'Changes' }).click();
    await page.getByRole('button', { name: /02-business-requirements\.md/ }).click();
    await page.locator('.patch .added').first().waitFor();
    expect(page.url()).toContain('file=');
  });
});
