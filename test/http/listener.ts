/** Somebody who listens to server-sent events with nothing but a connection, and reads only when he likes. */
import { type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';

/** An event as it is written; one without data has only an id. */
export interface Heard {
  id: string | null;
  event: string;
  data: string | null;
}

export interface Listener {
  status: number;
  headers: Record<string, string>;
  /** What has arrived so far, comments and all. */
  text(): string;
  heard(): readonly Heard[];
  /** Ids of the events that carried something. */
  ids(): number[];
  /** Resolves when what has arrived is enough. Throws when the connection ends before. */
  until(isEnough: (heard: readonly Heard[]) => boolean): Promise<void>;
  /** Takes nothing from the connection any more, until he reads again. */
  pause(): void;
  read(): void;
  leave(): void;
  /** Resolves when the connection has ended. */
  over: Promise<void>;
}

export interface Listening {
  port: number;
  admin: string;
}

/** Resolves when the head of the answer is there. */
export function listen(
  { port, admin }: Listening,
  path: string,
  headers: Record<string, string> = {},
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: { authorization: `Bearer ${admin}`, accept: 'text/event-stream', ...headers },
    });
    sent.on('error', reject);
    sent.on('response', response => resolve(listenTo(response)));
    sent.end();
  });
}

function listenTo(response: IncomingMessage): Listener {
  const heard: Heard[] = [];
  const pieces: string[] = [];
  /** What is not ended is not told yet. */
  let rest = '';
  let isOver = false;
  let wake = () => {};
  response.setEncoding('utf8');
  response.on('data', piece => {
    pieces.push(piece);
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop()!;
    heard.push(...blocks.map(eventIn));
    wake();
  });
  const over = new Promise<void>(resolve => {
    response.on('close', () => {
      isOver = true;
      wake();
      resolve();
    });
  });
  // Cut off is over too.
  response.on('error', () => {});
  onTestFinished(() => void response.destroy());
  return {
    status: response.statusCode!,
    headers: response.headers as Record<string, string>,
    text: () => pieces.join(''),
    heard: () => heard,
    ids: () => heard.flatMap(({ id, data, event }) => (data === null || event !== 'message' ? [] : [Number(id)])),
    async until(isEnough) {
      while (!isEnough(heard)) {
        if (isOver) throw new Error(`it ended with ${pieces.join('').slice(-300)}`);
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    },
    pause: () => void response.pause(),
    read: () => void response.resume(),
    leave: () => void response.destroy(),
    over,
  };
}

function eventIn(block: string): Heard {
  const found: Heard = { id: null, event: 'message', data: null };
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^(\w+): ?(.*)$/s.exec(line) ?? [];
    if (name === 'id' || name === 'event' || name === 'data') found[name] = value;
  }
  return found;
}

/** Whether an event with this position or a later one has come. */
export const hasCome = (position: number) => (heard: readonly Heard[]) =>
  heard.findLast(({ id }) => Number(id) >= position) !== undefined;
