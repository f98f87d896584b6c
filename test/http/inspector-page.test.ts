/** The page of the inspector: what it loads, when it connects, and to whom it hands on what it is told. */
import { createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';
import { inspectorOrigin, inspectorPage, inspectorPolicy } from '../../src/http/inspector/page.ts';
import { inspectorScript } from '../../src/http/inspector/script.ts';
import { inspectorStyle } from '../../src/http/inspector/style.ts';
import { tokenIn } from '../../src/http/inspector/token.ts';

type Listener = (event: Record<string, unknown>) => void;

/** As much of an element as the script touches. */
class FakeElement {
  value = '';
  textContent = '';
  className = '';
  src = '';
  hidden = false;
  disabled = false;
  focused = 0;
  children: FakeElement[] = [];
  listeners: Record<string, Listener> = {};
  posted: { message: unknown; origin: string }[] = [];
  contentWindow = {
    postMessage: (message: unknown, origin: string) => void this.posted.push({ message, origin }),
  };
  addEventListener(type: string, listener: Listener) {
    this.listeners[type] = listener;
  }
  append(child: FakeElement) {
    this.children.push(child);
  }
  remove() {}
  focus() {
    this.focused += 1;
  }
}

interface FakeSocket {
  url: string;
  protocols: string[];
  isClosed: boolean;
  onopen(): void;
  onmessage(event: { data: string }): void;
  onclose(event: { code: number; reason: string }): void;
}

/** The script in a page of the ids that the page really has, with a browser that is played. */
function openPage({ href = 'https://box.example.org/inspector', status = 401 } = {}) {
  const ids = [...inspectorPage.matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id!);
  const elements = new Map(ids.map(id => [id, new FakeElement()]));
  const made: FakeElement[] = [];
  const sockets: FakeSocket[] = [];
  const asked: { url: string; headers: Record<string, string> }[] = [];
  const timers: (() => void)[] = [];
  let hear: Listener = () => {};
  const location = new URL(href);
  class WebSocket {
    isClosed = false;
    url: string;
    protocols: string[];
    constructor(url: string, protocols: string[]) {
      this.url = url;
      this.protocols = protocols;
      sockets.push(this as never);
    }
    close() {
      this.isClosed = true;
    }
  }
  const globals = {
    ...{ URL, URLSearchParams, TextEncoder, btoa, location, WebSocket },
    document: {
      getElementById: (id: string) => elements.get(id),
      createElement: () => {
        const element = new FakeElement();
        made.push(element);
        return element;
      },
    },
    addEventListener: (_: string, listener: Listener) => {
      hear = listener;
    },
    fetch: async (url: string, { headers }: { headers: Record<string, string> }) => {
      asked.push({ url, headers });
      if (status === 0) throw new TypeError('failed to fetch');
      return { status };
    },
    setTimeout: (callback: () => void) => timers.push(callback),
    clearTimeout: () => timers.splice(0),
  };
  runInContext(inspectorScript, createContext(globals));
  const at = (id: string) => elements.get(id)!;
  return {
    ...{ at, made, sockets, asked },
    connect: () => at('connection').listeners.submit!({ preventDefault() {} }),
    disconnect: () => at('disconnect').listeners.click!({}),
    /** A message to the page; without more, the one by which Stately's page says that it is there. */
    post: (more: Record<string, unknown> = {}) =>
      hear({
        ...{ origin: inspectorOrigin, source: made.at(-1)?.contentWindow, data: { type: '@statelyai.connected' } },
        ...more,
      }),
    loseThePatience: () => timers.forEach(ring => void ring()),
    says: () => at('state').textContent,
    /** The socket is refused; a page is told no more than this. */
    async refuse() {
      sockets.at(-1)!.onclose({ code: 1006, reason: '' });
      await new Promise(resolve => setImmediate(resolve));
    },
  };
}

test('the page works under a policy that allows no script and no style but ours, and one foreign frame', () => {
  expect(inspectorPolicy).toContain(`frame-src ${inspectorOrigin};`);
  expect(inspectorPolicy).not.toMatch(/unsafe|\*|data:/);
  expect(inspectorPage).not.toMatch(/<style|style=|\son\w+=|javascript:/i);
  expect([...inspectorPage.matchAll(/<script(.*?)>(.*?)<\/script>/g)].map(([, how, text]) => [how, text])).toEqual([
    [' src="/inspector.js" defer', ''],
  ]);
  // Nothing from elsewhere, and no frame before it is asked for.
  expect(inspectorPage).not.toMatch(/https?:|<iframe|<img/);
  expect(inspectorStyle).not.toMatch(/url\(|@import/);
  expect(inspectorScript).not.toMatch(/\beval\b|innerHTML|\.style\b|localStorage|sessionStorage|cookie/);
});

test('the page says what leaves it, and that the browser needs internet', () => {
  expect(inspectorPage).toMatch(/handed to that page/);
  expect(inspectorPage).toMatch(/needs internet/);
});

test('nothing is loaded and nothing is opened before somebody connects', () => {
  const { made, sockets, asked, connect, at } = openPage({ href: 'https://box.example.org/inspector?task=ET-1' });
  expect([made, sockets, asked]).toEqual([[], [], []]);
  expect(at('task').value).toBe('ET-1');
  connect();
  expect(made.map(({ src }) => src)).toEqual(['https://stately.ai/inspect']);
  expect(at('place').children).toEqual(made);
  expect(sockets).toEqual([]);
});

test("only the page of Stately, in our frame, opens the socket; and what it tells goes to that page's origin alone", () => {
  const { connect, post, sockets, made, says } = openPage({ href: 'http://127.0.0.1:8500/inspector?task=ET-1' });
  post();
  connect();
  post({ origin: 'https://evil.example' });
  post({ source: {} });
  post({ data: { type: 'hello' } });
  post({ data: null });
  expect(sockets).toEqual([]);
  post();
  expect(sockets.map(({ url, protocols }) => [url, [...protocols]])).toEqual([
    ['ws://127.0.0.1:8500/inspect?task=ET-1', ['signalbox']],
  ]);
  sockets[0]!.onopen();
  sockets[0]!.onmessage({ data: '{"type":"@xstate.actor"}' });
  expect(says()).toBe('Connected: ET-1.');
  expect(made[0]!.posted).toEqual([{ message: { type: '@xstate.actor' }, origin: 'https://stately.ai' }]);
});

test('a page of Stately that was loaded again is told everything anew, by a new socket', () => {
  const { connect, post, sockets, made } = openPage();
  connect();
  post();
  post();
  expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  sockets[0]!.onmessage({ data: '{"late":true}' });
  sockets[0]!.onclose({ code: 1000, reason: '' });
  expect(made[0]!.posted).toEqual([]);
});

test('who is not signed in is asked for a token, and it is sent as a subprotocol, never in the address', async () => {
  const { connect, post, sockets, asked, refuse, says, at } = openPage();
  at('sign-in').hidden = true;
  connect();
  post();
  await refuse();
  expect(says()).toBe('Sign in: give a token and connect again.');
  expect([at('sign-in').hidden, at('token').focused]).toEqual([false, 1]);
  const token = 'sbx_ü/+?=';
  at('token').value = token;
  connect();
  post();
  const { url, protocols } = sockets.at(-1)!;
  expect(url).toBe('wss://box.example.org/inspect');
  expect(protocols[0]).toBe('signalbox');
  expect(protocols[1]).toMatch(/^signalbox\.token\.[\w-]+$/);
  expect(tokenIn(protocols.join(', '))).toBe(token);
  await refuse();
  expect(says()).toBe('This token is not accepted.');
  expect(asked.map(({ url: it, headers }) => [it, headers.authorization])).toEqual([
    ['https://box.example.org/inspect', undefined],
    ['https://box.example.org/inspect', `Bearer ${token}`],
  ]);
});

test('every other end is said in words', async () => {
  for (const [status, words] of [
    [403, /may not inspect/],
    [0, /Is it running/],
    [503, /refused the connection \(503\)/],
  ] as const) {
    const page = openPage({ status });
    page.connect();
    page.post();
    await page.refuse();
    expect(page.says()).toMatch(words);
  }
  const page = openPage();
  page.connect();
  page.loseThePatience();
  expect(page.says()).toMatch(/does not answer. It needs internet/);
  page.post();
  page.sockets[0]!.onopen();
  page.sockets[0]!.onclose({ code: 1013, reason: 'too slow' });
  expect(page.says()).toBe('Signalbox has ended the connection: too slow.');
  page.post();
  page.sockets[1]!.onopen();
  page.sockets[1]!.onclose({ code: 1006, reason: '' });
  expect(page.says()).toBe('The connection broke. Connect again.');
  page.post();
  page.disconnect();
  expect([page.says(), page.sockets[2]!.isClosed, page.at('notice').hidden]).toEqual(['Not connected.', true, false]);
});

test('a subprotocol that is no token is none', () => {
  for (const header of [undefined, '', 'signalbox', 'signalbox.token.', 'signalbox.token.a+b', 'other.token.YQ']) {
    expect([header, tokenIn(header)]).toEqual([header, undefined]);
  }
  expect(tokenIn('signalbox,signalbox.token.YQ')).toBe('a');
});
