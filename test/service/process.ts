/** `signalbox serve` as a process of its own, and requests to it. */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { makePlace, type Place } from '../cli/place.ts';

export { makePlace, type Place };

/** A busy machine starts processes slowly. */
export const patience = { timeout: 60_000, interval: 25 };

export const token = 'sbx-test-token-of-the-service';

export interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

export type Service = Awaited<ReturnType<typeof serve>>;

interface ServeOptions {
  args?: readonly string[];
  env?: Record<string, string>;
}

/** Starts a service on a free port, with a token, and resolves when it listens. */
export async function serve(place: Place, { args = [], env = {} }: ServeOptions = {}) {
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const child = place.begin(['serve', '--json', ...port, ...args], { env: { SIGNALBOX_API_TOKEN: token, ...env } });
  const ended = Promise.resolve(child);
  const lines = createInterface({ input: child.stdout });
  const first = new Promise<string>(resolve => lines.once('line', resolve));
  const line = await Promise.race([first, ended]);
  if (typeof line !== 'string')
    throw new Error(`The service did not start (${line.code}): ${line.stdout}${line.stderr}`);
  const { url, dataDir } = JSON.parse(line) as { url: string; dataDir: string };
  const service = {
    line,
    url,
    dataDir,
    pid: child.pid!,
    port: new URL(url).port,
    /** Resolves when the process has ended. */
    ended,
    signal: child.kill,
    ask: (method: string, path: string, body?: object, headers?: Record<string, string>) =>
      ask(url, { method, path, ...(body && { body }), headers: { authorization: `Bearer ${token}`, ...headers } }),
    /** Stops it as a service manager does, and waits for its end. */
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
    /** As `kill -9` does. */
    async crash() {
      child.kill('SIGKILL');
      await ended;
    },
  };
  return service;
}

interface Question {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

/** One request. Throws what the connection throws. */
export async function ask(url: string, { method, path, body, headers = {} }: Question): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : {} };
}

const allRoles = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

/** An order for a task in the repository of the place, by the agent that plays all roles. */
export const orderFor = (
  place: Place,
  { id = 'ET-1', twists = [] as readonly string[], more = {} as object } = {},
) => ({
  id,
  title: 'Fix the totals',
  repository: place.repository,
  agent: ['sh', allRoles, place.journal, ...twists].join(' '),
  ...more,
});

/** Resolves when the scripted agent has begun so many times. */
export const untilCalled = (place: Place, times = 1) =>
  vi.waitUntil(() => place.calls().length >= times && place.calls(), patience);

/** Whether a process is there and no zombie. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends a process of the test's own when the test is over. */
export const endAfterwards = (pid: number) =>
  onTestFinished(() => {
    if (isThere(pid)) process.kill(pid, 'SIGKILL');
  });
