/** What every chat must do, as one suite over the contract. Each test has a place of its own. */
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Chat, ChatOptions } from '../../../src/integrations/chat.ts';
import { isPassing, OutsideError } from '../../../src/integrations/outside.ts';
import { family, hostile, noticeOf, read, url } from './notices.ts';

/** A message, as it has arrived. */
export interface Arrived {
  /** Everything that people read. */
  seen: string;
  /** By which a repeat is recognised. */
  mark: string;
  /** What its markup has made of it, beside text: each passage in bold, each link, each person who is called. */
  made: string[];
}

/** One chat and who is on the other side of it. */
export interface Place {
  chat: Chat;
  /** The same with other options. */
  make(options: Partial<ChatOptions>): Promise<Chat>;
  arrived(): Arrived[];
  /** What must be in no error. */
  secrets: string[];
  /** It answers nobody. */
  down(): void;
  /** The next request fails on its side. */
  failNext(): void;
  slow(ms: number): void;
  /** The next request is one too many; where a chat has such limits. */
  limitNext?(seconds: number): void;
  close(): Promise<void>;
}

export const failureOf = (promise: Promise<unknown>): Promise<OutsideError> =>
  promise.then(
    () => Promise.reject(new Error('It did not fail.')),
    error => (error instanceof OutsideError ? error : Promise.reject(error)),
  );

export function chatConformance<P extends Place>(
  name: string,
  open: () => Promise<P>,
  also?: (start: () => Promise<P>) => void,
) {
  const start = async () => {
    const place = await open();
    onTestFinished(place.close);
    return place;
  };
  describe(name, () => {
    sendingBehaviour(start);
    textBehaviour(start);
    failureBehaviour(start);
    also?.(start);
  });
}

function sendingBehaviour(start: () => Promise<Place>): void {
  const sent = async (wanted = {}) => {
    const place = await start();
    await place.chat.send(noticeOf(wanted));
    return place.arrived()[0]!.seen;
  };

  test('says what happened, why, and where it is answered', async () => {
    const seen = await sent();
    expect(seen).toContain('waits for an approval');
    expect(seen).toContain('The review asks for a person.');
    expect(seen).toContain(url);
  });

  test('says the command where there is no address', async () => {
    expect(await sent({ url: null })).toContain('signalbox task approve shop-12');
  });

  test('needs neither a reason, nor an address, nor a command', async () => {
    expect(await sent({ text: '', url: null, command: null })).toContain('waits for an approval');
  });

  test('says how many like it were held back, and nothing where there were none', async () => {
    expect(await sent({ heldBack: 3 })).toMatch(/\b3\b/);
    expect(await sent()).not.toMatch(/held back/);
  });

  test('marks a repeat as the same, and another notice as another', async () => {
    const { chat, arrived } = await start();
    await chat.send(noticeOf());
    await chat.send(noticeOf());
    await chat.send(noticeOf({ id: 'ffffffff-3f40-4a51-9b62-7c8d9e0f1a2b' }));
    const [first, repeat, other] = arrived().map(({ mark }) => mark);
    expect(first).not.toBe('');
    expect(repeat).toBe(first);
    expect(other).not.toBe(first);
  });

  test('can be looked at without anybody hearing of it', async () => {
    const { chat, arrived } = await start();
    expect(await chat.check()).not.toBe('');
    expect(arrived()).toEqual([]);
  });
}

function textBehaviour(start: () => Promise<Place>): void {
  test.each(Object.entries(hostile))('makes nothing but text of %s', async (_, text) => {
    const { chat, arrived } = await start();
    await chat.send(noticeOf({ title: 'harmless', text: 'harmless' }));
    await chat.send(noticeOf({ title: text, text: 'harmless' }));
    await chat.send(noticeOf({ title: 'harmless', text }));
    const [harmless, inTitle, inText] = arrived();
    expect(inTitle!.made).toEqual(harmless!.made);
    expect(inText!.made).toEqual(harmless!.made);
    expect(read(inText!.seen)).toContain(read(text));
    // Long titles are cut; these begin as they were written.
    expect(read(inTitle!.seen)).toContain(read(text).slice(0, 20));
  });

  const long = {
    letters: 'x'.repeat(100_000),
    families: family.repeat(3_000),
    'signs that are escaped': '&<`@*'.repeat(4_000),
    'one character that never ends': `e${'\u0301'.repeat(50_000)}`,
    'lines without an end': 'line\n'.repeat(30_000),
  };

  test.each(Object.entries(long))('cuts %s where people see an end', async (_, text) => {
    const { chat, arrived } = await start();
    await chat.send(
      noticeOf({ title: text, text, heldBack: 12, command: null, url: `${url}&long=${'y'.repeat(400)}` }),
    );
    const [{ seen, mark }] = arrived() as [Arrived];
    expect(mark).not.toBe('');
    expect(seen).toContain('12 more');
    expect(seen).toContain('y'.repeat(400));
    expect(seen.isWellFormed()).toBe(true);
    expect(seen.replaceAll(family, '')).not.toContain('\u200D');
  });
}

function failureBehaviour(start: () => Promise<Place>): void {
  test('says that nobody answers, and that it may pass', async () => {
    const { chat, down } = await start();
    down();
    for (const failed of [await failureOf(chat.send(noticeOf())), await failureOf(chat.check())]) {
      expect(failed).toMatchObject({ failure: 'unreachable', message: expect.stringContaining('alerts') });
      expect(isPassing(failed)).toBe(true);
    }
  });

  test('says that it fails on its side, and that it may pass', async () => {
    const { chat, failNext, arrived } = await start();
    failNext();
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure: 'unreachable' });
    await chat.send(noticeOf());
    expect(arrived()).toHaveLength(1);
  });

  test('waits no longer than it may', async () => {
    const { make, slow } = await start();
    slow(2_000);
    const chat = await make({ timeoutMs: 50 });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure: 'unreachable' });
  });

  test('says when to ask again where it is asked too often', async ({ skip }) => {
    const { chat, limitNext } = await start();
    if (!limitNext) return skip('It has no such limits.');
    limitNext(30);
    const failed = await failureOf(chat.send(noticeOf()));
    expect(failed.failure).toBe('limited');
    expect(Math.abs(failed.retryAt! - Date.now() - 30_000)).toBeLessThan(5_000);
  });

  test('has its secrets in no error', async () => {
    const { make, chat, down, secrets } = await start();
    const failures: OutsideError[] = [];
    for (const fetch of indiscreet) {
      const told = await make({ fetch });
      const outcomes = await Promise.allSettled([told.send(noticeOf()), told.check()]);
      failures.push(...outcomes.flatMap(it => (it.status === 'rejected' ? [it.reason as OutsideError] : [])));
    }
    down();
    failures.push(await failureOf(chat.send(noticeOf())), await failureOf(chat.check()));
    for (const failed of failures) {
      expect(failed).toBeInstanceOf(OutsideError);
      for (const secret of secrets) expect(inspect(failed, { depth: 9 })).not.toContain(secret);
    }
  });
}

/** Servers, and ways to them, that repeat everything they are told. */
const indiscreet: (typeof globalThis.fetch)[] = [
  async input => {
    throw new TypeError(`Failed to fetch ${input}`);
  },
  async input => {
    throw new TypeError('fetch failed', { cause: new Error(`connect to ${input}`) });
  },
  async input => new Response(null, { status: 307, headers: { location: `${input}/more` } }),
  async input => new Response(null, { status: 302, headers: { location: `https://elsewhere.example/?from=${input}` } }),
  async input => new Response(`no route ${input}`),
  ...[400, 401, 403, 404, 409, 410, 429, 500].map(status => async (...[input, init]: Parameters<typeof fetch>) => {
    const told = `${input} ${new URL(String(input)).pathname} ${JSON.stringify(init?.headers)}`;
    const said = { message: told, description: told, error: told, retry_after: 1 };
    return new Response(JSON.stringify(said), { status, headers: { 'content-type': 'application/json' } });
  }),
];
