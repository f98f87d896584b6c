/** What is asked of the service itself, and is no operation. Whoever adds such a route describes it here. */
import type { JsonObject } from '../../domain/json.ts';
import type { Reason } from '../../domain/reasons.ts';
import { roles } from '../../domain/role.ts';
import { type Failures, ofEveryRequest } from './failures.ts';
import { etag, parameterNamed, requestId, unchanged } from './headers.ts';

interface ServiceRoute {
  path: string;
  operationId: string;
  summary: string;
  /** Answered without a token. */
  isOpen?: boolean;
  query?: Record<string, string>;
  /** GET without it. */
  method?: 'POST';
  /** What it takes, by media type. */
  body?: JsonObject;
  answers: Record<number, JsonObject>;
  fails?: readonly Reason[];
}

const answer = (description: string, type: string, schema: JsonObject = { type: 'string' }): JsonObject => ({
  description,
  headers: { ...requestId, ...etag },
  content: { [type]: { schema } },
});

const check: JsonObject = {
  type: 'object',
  required: ['status', 'detail'],
  properties: { status: { enum: ['ok', 'failed'] }, detail: { type: 'string', description: 'what was found' } },
};

const readiness: JsonObject = {
  type: 'object',
  required: ['status', 'checks'],
  properties: {
    status: { enum: ['ok', 'failed'] },
    checks: { type: 'object', additionalProperties: check, description: 'by what was looked at' },
  },
};

const health: JsonObject = {
  type: 'object',
  required: ['status', 'version', 'uptime'],
  properties: {
    status: { const: 'ok' },
    version: { type: 'string' },
    uptime: { type: 'integer', description: 'seconds' },
  },
};

const taken: JsonObject = {
  type: 'object',
  required: ['status', 'id'],
  properties: {
    status: { enum: ['accepted', 'duplicate', 'ignored', 'ambiguous'] },
    id: { type: 'string', description: 'of the delivery, under /deliveries' },
    deliveryId: { type: 'string', description: "the sender's" },
    events: { type: 'integer', description: 'how many it was for tasks' },
    reason: { type: ['string', 'null'], description: 'why it did nothing' },
  },
};

const inPath: Record<string, string> = {
  kind: 'gitea (Forgejo too), github, gitlab or plane',
  name: 'the forge or tracker, as the configuration calls it',
};

const webhook = {
  isOpen: true,
  body: {
    'application/json': { schema: { type: 'object' } },
    'application/x-www-form-urlencoded': { schema: { type: 'object' } },
  },
  answers: {
    202: answer('It was sent to whom it means.', 'application/json', taken),
    200: answer('It changed nothing, and the answer says why.', 'application/json', taken),
  },
  fails: [
    'badSignature',
    'badDelivery',
    'unreadableDelivery',
    'tooLarge',
    'badMediaType',
    'noSender',
    'webhookUnconfigured',
    'storeClosed',
    'storeUnusable',
  ],
} as const satisfies Partial<ServiceRoute>;

const session: JsonObject = {
  type: 'object',
  required: ['name', 'role', 'isSignedIn'],
  properties: {
    name: { type: 'string' },
    role: { enum: [...roles] },
    isSignedIn: { type: 'boolean', description: 'whether it was the cookie that said so' },
  },
};

const routes: readonly ServiceRoute[] = [
  {
    path: '/',
    operationId: 'service.dashboard',
    summary: 'the dashboard; a browser that is led to /tasks/ET-3 and other places of it gets the same page',
    isOpen: true,
    answers: { 200: answer('A page.', 'text/html') },
    fails: ['notBuilt'],
  },
  {
    path: '/session',
    operationId: 'service.session',
    summary: 'who asks',
    answers: { 200: answer('Who it is.', 'application/json', session) },
  },
  {
    path: '/session',
    method: 'POST',
    operationId: 'service.signIn',
    summary: 'sign a browser in: the token is kept in a cookie that no script can read',
    isOpen: true,
    body: {
      'application/json': {
        schema: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
      },
    },
    answers: { 200: answer('Who it is.', 'application/json', session) },
    fails: ['badInput', 'badJson', 'tooLarge', 'badMediaType'],
  },
  {
    path: '/session/end',
    method: 'POST',
    operationId: 'service.signOut',
    summary: 'sign a browser out',
    isOpen: true,
    answers: { 200: answer('There is no cookie any more.', 'application/json', { type: 'object' }) },
    fails: ['badJson', 'tooLarge', 'badMediaType'],
  },
  {
    path: '/health',
    operationId: 'service.health',
    summary: 'whether the service is alive',
    isOpen: true,
    answers: { 200: answer('It is.', 'application/json', health) },
  },
  {
    path: '/health/ready',
    operationId: 'service.ready',
    summary: 'whether it can do its work now: the database, the disk, the worker, the agents',
    isOpen: true,
    answers: {
      200: answer('It can.', 'application/json', readiness),
      503: answer('It cannot; the checks say why.', 'application/json', readiness),
    },
  },
  {
    path: '/openapi.json',
    operationId: 'service.openapi',
    summary: 'this document',
    answers: { 200: answer('This document.', 'application/json', { type: 'object' }) },
  },
  {
    path: '/docs',
    operationId: 'service.docs',
    summary: 'this document as pages that load nothing from outside',
    answers: { 200: answer('A page.', 'text/html') },
  },
  {
    path: '/metrics',
    operationId: 'service.metrics',
    summary: 'what is counted and how things stand, as Prometheus reads it',
    answers: { 200: answer('Metrics in the text format of Prometheus.', 'text/plain') },
    fails: ['storeUnusable', 'storeClosed'],
  },
  {
    path: '/inspect',
    operationId: 'service.inspect',
    summary: "every transition in the protocol of Stately's inspector, over a WebSocket",
    query: { task: 'only this task and its runs' },
    answers: {
      101: {
        description: 'The WebSocket is open. A browser signs in by the subprotocol `signalbox.token.<base64url>`.',
      },
    },
    fails: ['upgradeNeeded'],
  },
  {
    path: '/inspector',
    operationId: 'service.inspector',
    summary: "the page that shows it in Stately's inspector",
    isOpen: true,
    answers: { 200: answer('A page.', 'text/html') },
  },
  {
    path: '/inspector.js',
    operationId: 'service.inspectorScript',
    summary: 'the script of that page',
    isOpen: true,
    answers: { 200: answer('A script.', 'text/javascript') },
  },
  {
    path: '/inspector.css',
    operationId: 'service.inspectorStyle',
    summary: 'the style of that page',
    isOpen: true,
    answers: { 200: answer('A style sheet.', 'text/css') },
  },
  {
    path: '/webhook/{kind}',
    method: 'POST',
    operationId: 'service.webhook',
    summary: 'a delivery of a forge or tracker, which its signature lets in; answered once it is stored',
    ...webhook,
  },
  {
    path: '/webhook/{kind}/{name}',
    method: 'POST',
    operationId: 'service.namedWebhook',
    summary: 'the same for one of several of a kind',
    ...webhook,
  },
];

export function serviceEntries({ responsesFor }: Failures): { path: string; method: string; entry: JsonObject }[] {
  return routes.map(({ path, method = 'GET', operationId, summary, isOpen, query = {}, body, answers, fails = [] }) => {
    const fields = Object.entries(query).map(([name, description]) => {
      return { name, in: 'query', required: false, description, schema: { type: 'string' } };
    });
    const isLook = answers[200] !== undefined && method === 'GET';
    const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): JsonObject => {
      return { name, in: 'path', required: true, description: inPath[name] ?? '', schema: { type: 'string' } };
    });
    const entry = {
      operationId,
      summary,
      tags: ['service'],
      ...(isOpen ? { security: [] } : { 'x-role': 'viewer' }),
      parameters: [...places, ...fields, ...(isLook ? [parameterNamed('IfNoneMatch')] : [])],
      ...(body !== undefined && { requestBody: { required: true, content: body } }),
      responses: {
        ...(isLook && unchanged),
        ...responsesFor([...ofEveryRequest, ...fails]),
        ...answers,
      } as JsonObject,
    };
    return { path, method, entry };
  });
}
