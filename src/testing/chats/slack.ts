/** A Slack for tests: one incoming webhook over real HTTP on this machine, with the answers that are documented. */
import { randomBytes } from 'node:crypto';
import { createFakeServer, type Weather } from './server.ts';
import { type Body, type SlackMessage, seenIn, wrongWith } from './slack/message.ts';

export type { SlackMessage };

export interface FakeSlack extends Weather {
  /** Of the webhook; it is its own secret. */
  readonly url: string;
  readonly messages: readonly SlackMessage[];
  /** From now on it answers with this, as `no_service` with 404 when the webhook is taken away; null ends that. */
  refuse(refused: { status: number; word: string } | null): void;
  close(): Promise<void>;
}

export async function startFakeSlack(): Promise<FakeSlack> {
  const { app, weather, listen } = createFakeServer((status, retryAfterS) => ({
    status,
    ...(retryAfterS === undefined ? {} : { headers: { 'retry-after': String(retryAfterS) } }),
    body: retryAfterS === undefined ? 'rollup_error' : 'rate_limited',
  }));
  const messages: SlackMessage[] = [];
  const path = `/services/T0FAKE/B0FAKE/${randomBytes(12).toString('hex')}`;
  let refused: { status: number; word: string } | null = null;

  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(null, undefined);
    }
  });
  app.post('/*', (request, reply) => {
    const answer = (status: number, word: string) => reply.code(status).type('text/html').send(word);
    if (request.url !== path) return answer(404, 'no_service');
    if (refused) return answer(refused.status, refused.word);
    const body = request.body as Body | undefined;
    const wrong = wrongWith(body);
    if (wrong !== undefined || body === undefined) return answer(400, wrong ?? 'invalid_payload');
    messages.push(seenIn(body));
    return answer(200, 'ok');
  });
  return {
    ...weather,
    url: (await listen()) + path,
    messages,
    refuse(now) {
      refused = now;
    },
    close: () => app.close(),
  };
}
