/**
 * A Messages API for tests, over real HTTP on this machine. It checks a request as the real one does, keeps it, and answers
 * what it has been told to; what it has not been told is a reading without content.
 */
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { bodyOf } from '../forges/request.ts';
import { wrongWith } from './checks.ts';

/** What the next request is answered. */
export type ScriptedAnswer =
  /** A call of the tool that was forced, with this input. */
  | { kind: 'call'; input: unknown; usage?: FakeUsage }
  /** Words instead of a call. */
  | { kind: 'text'; text: string; usage?: FakeUsage }
  | { kind: 'refusal'; usage?: FakeUsage }
  /** It stops in the middle, because it may say no more. */
  | { kind: 'cutOff'; usage?: FakeUsage }
  /** A body that is no message, as a proxy may send it. */
  | { kind: 'nonsense'; body: string; type?: string }
  /** A message of about so many bytes. */
  | { kind: 'huge'; bytes: number }
  | { kind: 'never' }
  /** Headers at once, and then a byte now and again. */
  | { kind: 'dripping' }
  | { kind: 'error'; status: number; message?: string; headers?: Record<string, string> };

export interface FakeUsage {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens?: number;
  cache_creation_input_tokens?: number;
}

export interface ReceivedRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Record<string, unknown>;
}

export interface FakeAnthropic {
  readonly url: string;
  readonly apiKey: string;
  /** All that were received, those that were refused too. */
  readonly requests: readonly ReceivedRequest[];
  /** Answers that come one after the other. */
  script(...answers: ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/** The kinds of errors of the API, by status. */
const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

/** Starts one on a free port of 127.0.0.1. */
export async function startFakeAnthropic({ apiKey = 'sk-fake-0123456789' } = {}): Promise<FakeAnthropic> {
  const app = Fastify({ bodyLimit: 32 * 1024 * 1024, forceCloseConnections: true });
  const requests: ReceivedRequest[] = [];
  const script: ScriptedAnswer[] = [];
  app.post('/v1/messages', (request, reply) => {
    const body = bodyOf(request);
    requests.push({ headers: request.headers, body });
    if (keyOf(request) !== apiKey) return refuse(reply, 401, 'invalid API key');
    const wrong = wrongWith(request.headers, body);
    if (wrong !== undefined) return refuse(reply, 400, wrong);
    return give(reply, request, script.shift() ?? { kind: 'call', input: {} });
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'Not found'));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    ...{ apiKey, requests },
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    script: (...answers) => void script.push(...answers),
    close: () => app.close(),
  };
}

/** Clients send the key in one of two ways. */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const named = headers['x-api-key'];
  return typeof named === 'string' ? named : headers.authorization?.replace(/^Bearer /, '');
}

function refuse(reply: FastifyReply, status: number, message: string) {
  const type = errorTypes[status] ?? 'api_error';
  return reply.code(status).send({ type: 'error', error: { type, message }, request_id: 'req_fake' });
}

function give(reply: FastifyReply, request: FastifyRequest, answer: ScriptedAnswer) {
  const body = bodyOf(request);
  switch (answer.kind) {
    case 'call':
      return reply.send(
        messageOf(body, { content: [callOf(body, answer.input)], stop: 'tool_use', usage: answer.usage }),
      );
    case 'text': {
      const content = [{ type: 'text', text: answer.text, citations: null }];
      return reply.send(messageOf(body, { content, stop: 'end_turn', usage: answer.usage }));
    }
    case 'refusal':
      return reply.send(messageOf(body, { content: [], stop: 'refusal', usage: answer.usage }));
    case 'cutOff':
      return reply.send(messageOf(body, { content: [], stop: 'max_tokens', usage: answer.usage }));
    case 'nonsense':
      return reply.type(answer.type ?? 'application/json').send(answer.body);
    case 'huge':
      return reply.send(
        messageOf(body, { content: [callOf(body, { text: 'x'.repeat(answer.bytes) })], stop: 'tool_use' }),
      );
    case 'error':
      return refuse(reply.headers(answer.headers ?? {}), answer.status, answer.message ?? 'Something went wrong');
    case 'dripping':
      return drip(reply);
    case 'never':
      reply.hijack();
      return reply;
  }
}

const callOf = (body: Record<string, unknown>, input: unknown) => ({
  ...{ type: 'tool_use', id: 'toolu_fake', input },
  name: (body.tool_choice as { name?: string } | undefined)?.name,
});

function messageOf(
  { model }: Record<string, unknown>,
  {
    content,
    stop,
    usage = { input_tokens: 900, output_tokens: 60 },
  }: { content: unknown[]; stop: string; usage?: FakeUsage | undefined },
) {
  return {
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage,
  };
}

function drip(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'application/json' });
  const dripping = setInterval(() => reply.raw.write(' '), 20);
  reply.raw.on('close', () => clearInterval(dripping));
  return reply;
}
