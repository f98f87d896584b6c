/** Deliveries made for a test: signed as their sender would, whatever is in them. */
import { createHmac } from 'node:crypto';
import type { WebhookProvider } from '../../../src/integrations/webhook.ts';
import { webhookProviders } from '../../../src/integrations/webhooks/index.ts';
import { type Recorded, recorded, secretOf, signedAt, signingSecret } from './deliveries.ts';

export type Kind = WebhookProvider['kind'];
type Headers = Record<string, string | string[] | undefined>;

export const hmac = (secret: string | Buffer, text: string | Buffer) =>
  createHmac('sha256', secret).update(text).digest('hex');

const eventHeader: Record<Kind, string> = {
  gitea: 'x-gitea-event-type',
  github: 'x-github-event',
  gitlab: 'x-gitlab-event',
  plane: 'x-plane-event',
};

const signatureOf: Record<Kind, (body: Buffer) => Headers> = {
  gitea: body => ({ 'x-gitea-signature': hmac(secretOf.gitea, body) }),
  github: body => ({ 'x-hub-signature-256': `sha256=${hmac(secretOf.github, body)}` }),
  gitlab: () => ({ 'x-gitlab-token': secretOf.gitlab }),
  plane: body => ({ 'x-plane-signature': hmac(secretOf.plane, body) }),
};

/** A delivery with a good signature. Headers that are given last stand, undefined ones are left out. */
export function made(
  kind: Kind,
  event: string | null,
  body: string | Buffer | object,
  headers: Headers = {},
): Recorded {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    file: `made for ${kind}`,
    provider: webhookProviders[kind],
    secrets: [secretOf[kind]],
    body: bytes,
    headers: {
      'content-type': 'application/json',
      ...(event === null ? {} : { [eventHeader[kind]]: event }),
      ...signatureOf[kind](bytes),
      ...headers,
    },
  };
}

/** A recorded delivery with other headers, and the signature it had. */
export const withHeaders = (file: string, headers: Headers): Recorded => {
  const delivery = recorded(file);
  return { ...delivery, headers: { ...delivery.headers, ...headers } };
};

/** A recorded delivery with another body, signed anew. */
export function altered(file: string, alter: (payload: Payload) => unknown): Recorded {
  const delivery = recorded(file);
  const payload = JSON.parse(delivery.body.toString()) as Payload;
  const changed = alter(payload) ?? payload;
  return resigned(delivery, Buffer.from(typeof changed === 'string' ? changed : JSON.stringify(changed)));
}

/** A payload, for a test to reach into wherever it likes. */
export interface Payload {
  [key: string]: Payload;
}

export function resigned(delivery: Recorded, body: Buffer): Recorded {
  const { kind } = delivery.provider;
  const headers = { ...delivery.headers, ...(kind === 'gitlab' ? {} : signatureOf[kind](body)) };
  return { ...delivery, body, secrets: [secretOf[kind], signingSecret], headers };
}

/** A delivery of GitLab with signatures after the Standard Webhooks specification. */
export function standardSigned(
  body: string,
  { id = 'a-delivery', time = signedAt / 1_000, secret = signingSecret } = {},
): Recorded {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return {
    ...made('gitlab', 'Push Hook', body, { 'x-gitlab-token': undefined }),
    secrets: [signingSecret],
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': 'Push Hook',
      'webhook-id': id,
      'webhook-timestamp': String(time),
      'webhook-signature': `v1,${signature}`,
    },
  };
}
