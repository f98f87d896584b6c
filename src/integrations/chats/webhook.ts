/** Any program that takes webhooks after the Standard Webhooks specification: signed JSON over HTTP. */
import type { Chat, ChatOptions, Notice } from '../chat.ts';
import { OutsideError } from '../outside.ts';
import { signatureOf } from '../webhooks/standard.ts';
import { addressOf, createChatHttp, secretsOf } from './http.ts';

export function createWebhookChat(options: ChatOptions): Chat {
  const { name, token } = options;
  const secret = token ?? '';
  if (signatureOf(secret, { id: '', time: '', body: '' }) === null) {
    throw new OutsideError('invalid', `${name} has no secret to sign with: it must read whsec_ and a key in base64.`);
  }
  const address = addressOf(options);
  const key = secret.slice('whsec_'.length);
  const http = createChatHttp(options, { base: address.href, secrets: [secret, key, ...secretsOf(address)] });

  return {
    kind: 'webhook',
    name,
    async send(notice) {
      const body = bodyOf(notice);
      try {
        // What is signed is what is sent, to the byte: the client writes JSON in the same way.
        await http.ask('POST', '', { body, headers: signed(secret, notice.id, JSON.stringify(body)) });
      } catch (error) {
        // It was taken; that its answer is too long to be read changes nothing.
        if (statusOf(error) < 300) return;
        throw error;
      }
    },
    async check() {
      try {
        await http.ask('HEAD', '');
      } catch (error) {
        // Who takes POST alone refuses this in many ways; only 410 means that nothing is taken any more.
        const status = statusOf(error);
        if (status < 400 || status >= 500 || status === 410) throw error;
      }
      return `signed webhooks to ${address.host}`;
    },
  };
}

/** The status of what was answered; as bad as can be where nothing was. */
const statusOf = (error: unknown): number => (error instanceof OutsideError ? (error.status ?? 599) : 599);

/** Each attempt is signed at its own time, under the same id. */
function signed(secret: string, id: string, body: string): Record<string, string> {
  const time = String(Math.floor(Date.now() / 1_000));
  const signature = signatureOf(secret, { id, time, body });
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
}

/** The notice as it is, for programs; without the buttons, whose tokens let whoever has them answer. */
function bodyOf({ buttons: _, event, at, ...notice }: Notice) {
  const timestamp = new Date(at).toISOString();
  return { type: event, timestamp, data: { ...notice, event, at } };
}
