/** A Discord for tests: one webhook over real HTTP on this machine, with the answers and limits that are documented. */
import { randomBytes } from 'node:crypto';
import { type DiscordMessage, type Sent, seenIn, wrongWith } from './discord/message.ts';
import { createFakeServer, type Weather } from './server.ts';

export type { DiscordMessage };

export interface FakeDiscord extends Weather {
  /** Of the webhook; it is its own secret. */
  readonly url: string;
  readonly messages: readonly DiscordMessage[];
  /** How often anything was asked. */
  readonly asked: number;
  /** Somebody takes the webhook away. */
  remove(): void;
  /** The next answers say that so many requests are left, for so long. */
  budget(budget: { remaining: number; resetAfterS: number }): void;
  close(): Promise<void>;
}

export async function startFakeDiscord({ name = 'Signalbox' }: { name?: string } = {}): Promise<FakeDiscord> {
  const { app, weather, listen } = createFakeServer((status, retryAfterS) =>
    retryAfterS === undefined
      ? { status, body: { message: `${status}: made to fail`, code: 0 } }
      : {
          status,
          headers: { 'retry-after': String(Math.ceil(retryAfterS)), 'x-ratelimit-scope': 'user' },
          body: { message: 'You are being rate limited.', retry_after: retryAfterS, global: false },
        },
  );
  const messages: DiscordMessage[] = [];
  const [id, token] = [String(10n ** 18n + BigInt(Date.now())), randomBytes(34).toString('base64url')];
  let isThere = true;
  let asked = 0;
  let budget = { remaining: 4, resetAfterS: 2 };

  app.addHook('onRequest', async () => {
    asked += 1;
  });
  app.all<{ Params: { id: string; token: string }; Querystring: { wait?: string } }>(
    '/api/webhooks/:id/:token',
    (request, reply) => {
      reply.header('x-ratelimit-limit', '5').header('x-ratelimit-remaining', String(budget.remaining));
      reply.header('x-ratelimit-reset-after', String(budget.resetAfterS));
      if (request.params.id !== id || !isThere)
        return reply.code(404).send({ message: 'Unknown Webhook', code: 10015 });
      if (request.params.token !== token)
        return reply.code(401).send({ message: 'Invalid Webhook Token', code: 50027 });
      if (request.method === 'GET') return { id, type: 1, name, channel_id: '1', guild_id: '2', token };
      const sent = request.body as Sent;
      const errors = wrongWith(sent);
      if (errors) return reply.code(400).send({ message: 'Invalid Form Body', code: 50035, errors });
      const message = seenIn(sent);
      messages.push(message);
      if (request.query.wait !== 'true') return reply.code(204).send();
      return { id: String(messages.length), type: 0, content: sent.content, channel_id: '1', webhook_id: id };
    },
  );
  return {
    ...weather,
    url: `${await listen()}/api/webhooks/${id}/${token}`,
    messages,
    get asked() {
      return asked;
    },
    remove() {
      isThere = false;
    },
    budget(now) {
      budget = now;
    },
    close: () => app.close(),
  };
}
