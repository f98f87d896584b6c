/**
 * The page in a real browser, before a real service. Whatever the browser complains of while a page is open (an error, a
 * policy that something was against, a file that is not there) fails the test.
 */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, expect, onTestFinished, vi } from 'vitest';
import { makePlace, type Place, type Service, serve, token } from '../service/process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined on a machine that has none; `.ci/run` installs one. */
export const browserProgram = [process.env.SIGNALBOX_CHROMIUM ?? '', ...usual].find(file => existsSync(file));

let browser: Promise<Browser> | undefined;

const launched = () => {
  browser ??= chromium.launch({
    executablePath: browserProgram!,
    // Root has no sandbox of its own to be put into, and nothing is opened but our own service.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  return browser;
};

afterAll(async () => {
  await (await browser)?.close();
});

export interface Opened {
  place: Place;
  service: Service;
  /** A page in a browser of its own, signed in as whoever has the token; as nobody for null. */
  open(path: string, options?: OpenOptions): Promise<Watched>;
  /** A task whose agent does what the words say: `review.1=waits`. */
  add(id: string, ...twists: string[]): Promise<void>;
  /** Resolves when the task stands so. */
  until(id: string, standing: string): Promise<void>;
}

interface OpenOptions extends BrowserContextOptions {
  token?: string | null;
  /** What the browser may complain of in this test. */
  mayComplain?: RegExp;
}

export type Watched = Page & { complaints: string[] };

/** Browsers wait for pages, and busy machines for both, in milliseconds. */
export const patienceMs = 30_000;

/** As `expect.poll`, with as much patience. */
export const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: patienceMs });

export async function openPlace(): Promise<Opened> {
  const place = await makePlace();
  const service = await serve(place);

  async function add(id: string, ...twists: string[]): Promise<void> {
    const [, agent = ''] = place.agent(...twists);
    const order = { id, title: `Fix the totals of ${id}`, repository: place.repository, agent };
    const { status, json } = await service.ask('POST', '/tasks', order);
    expect([status, json.detail]).toEqual([201, undefined]);
  }

  return {
    place,
    service,
    add,
    open: (path, options) => openPage(service.url, path, options),
    async until(id, standing) {
      await expect
        .poll(async () => (await service.ask('GET', `/tasks/${id}`)).json.standing, { timeout: patienceMs })
        .toBe(standing);
    },
  };
}

export async function openPage(
  url: string,
  path: string,
  { token: given = token, mayComplain, ...options }: OpenOptions = {},
): Promise<Watched> {
  const context = await (await launched()).newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = (await context.newPage()) as Watched;
  page.setDefaultTimeout(patienceMs);
  page.complaints = [];
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') page.complaints.push(message.text());
  });
  page.on('response', response => {
    if (response.status() >= 400) page.complaints.push(`${response.status()} at ${response.url()}`);
  });
  page.on('pageerror', error => page.complaints.push(String(error)));
  onTestFinished(async () => {
    await context.close();
    const complaints = page.complaints.filter(text => !mayComplain?.test(text));
    expect(complaints, 'what the browser complained of').toEqual([]);
  });
  if (given !== null) await signIn(page, url, given);
  await page.goto(`${url}${path}`);
  return page;
}

/** As the form does it: the cookie comes from the service. */
async function signIn(page: Page, url: string, given: string): Promise<void> {
  const answer = await page.request.post(`${url}/session`, { data: { token: given }, headers: { origin: url } });
  expect(answer.status()).toBe(200);
}

/** What keeps somebody from using the view, by the rules of WCAG 2.1 A and AA, once nothing in it is being read any more. */
export async function barriersIn(page: Page): Promise<string[]> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await eventually(() => page.locator('.reading').count()).toBe(0);
  // As what a debugger would run: the policy of the page lets nothing else in.
  await page.evaluate(axe.source);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`,
  )) as { violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`),
  );
}
