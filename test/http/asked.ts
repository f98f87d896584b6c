/** For each route of the document how it is asked well: once for each media type that it answers. */
import { join } from 'node:path';
import { envelopeType } from '../../src/operations/http.ts';
import type { Route } from './described.ts';
import type { World } from './world.ts';

export interface Asked {
  /** Fields of the path. */
  ids: Record<string, string>;
  query: string;
  body: object;
  headers: Record<string, string>;
  status: number;
  type: string;
}

const json = 'application/json';
const events = { accept: 'text/event-stream' };
const [task, paused, run] = [{ taskId: 'ET-1' }, { taskId: 'ET-2' }, { agentId: 'ET-1.analysis.3' }];

const webhooks = (ids: Record<string, string>) => [
  { ids, body: { news: true }, status: 202 },
  { ids, body: {} },
];

/** By `operationId`. What is not said is the usual: no fields, 200, JSON. */
const ways: Record<string, (world: World) => Partial<Asked>[]> = {
  'task.list': () => [{}, { query: '?standing=person&project=shop&limit=1' }],
  'task.show': () => [{ ids: task }, { ids: task, query: '?at=2' }],
  'task.add': () => [{ body: { title: 'More', project: 'shop' }, status: 201 }],
  'task.fork': () => [{ ids: task, body: { at: 1, title: 'Otherwise' }, status: 201 }],
  'task.events': () => [{ ids: task, query: '?after=1&limit=2' }],
  'task.send': () => [{ ids: task, body: { type: 'task.pause' }, status: 202 }],
  'task.approve': () => [{ ids: task, status: 202 }],
  'task.reject': () => [{ ids: task, body: { reason: 'not so' }, status: 202 }],
  'task.answer': () => [{ ids: task, body: { text: 'yes' }, status: 202 }],
  'task.retry': () => [{ ids: task, status: 202 }],
  'task.pause': () => [{ ids: task, status: 202 }],
  'task.resume': () => [{ ids: paused, status: 202 }],
  'task.cancel': () => [{ ids: paused, status: 202 }],
  'task.move': () => [{ ids: task, body: { stage: 'analysis' }, status: 202 }],
  'task.snapshot': () => [{ ids: task }, { ids: task, query: '?at=1' }],
  'task.changes': () => [{ ids: task }, { ids: task, query: '?stat=1&at=3' }],
  'task.replay': () => [{ ids: task, query: '?verify=true' }],
  'task.whatIf': () => [
    { ids: task },
    { ids: task, query: `?event=task.move&data=${encodeURIComponent('{"stage":"review"}')}` },
  ],
  'task.logs': () => [
    { ids: task, type: 'text/plain' },
    { ids: task, type: 'text/event-stream', headers: events },
    { ids: task, type: 'text/event-stream', query: '?tail=5', headers: events },
  ],
  'agent.spawn': () => [{ body: { taskId: 'S', agentType: 'worker', context: { repository: 'shop' } }, status: 202 }],
  'agent.list': () => [{ query: '?status=completed' }, { query: '?taskId=ET-1' }],
  'agent.show': () => [{ ids: run }],
  'agent.show.status': () => [{ ids: run }],
  'agent.files': () => [{ ids: run }],
  'agent.logs': () => [
    { ids: run, type: 'text/plain' },
    { ids: run, type: 'text/event-stream', headers: events },
    { ids: run, type: 'text/event-stream', query: '?follow=1' },
  ],
  'agent.prompt': () => [
    { ids: run, type: 'text/plain' },
    { ids: run, headers: { accept: envelopeType }, type: envelopeType },
  ],
  'agent.kill': () => [{ ids: run }],
  'agent.killAll': () => [{}],
  board: () => [{ query: '?limit=2' }, { query: '?ids=ET-1,no-such-task' }],
  'figures.show': () => [
    { query: '?from=2026-01-01&to=2026-01-31&by=week&project=shop' },
    { query: '?format=csv', type: 'text/csv' },
    { headers: { accept: 'text/csv' }, type: 'text/csv' },
    { headers: { accept: envelopeType }, type: envelopeType },
  ],
  status: () => [{ query: '?limit=2' }],
  'lease.list': () => [{}],
  'lease.release': ({ lease }) => [{ body: { resource: lease } }],
  'queue.show': () => [{}],
  'queue.pause': () => [{}, { body: { project: 'shop' } }],
  'queue.resume': () => [{}, { body: { project: 'shop' } }],
  'breaker.list': () => [{}],
  'breaker.reset': () => [{ ids: { name: 'bot' } }],
  'forge.list': () => [{}],
  'forge.connect': () => [{ ids: { name: 'home' }, body: { publicUrl: 'https://signalbox.example.org' } }],
  'tracker.list': () => [{}],
  'intake.list': () => [{}],
  drift: () => [{}],
  'drift.settle': () => [{ ids: { taskId: 'ET-4' }, body: { field: 'state' }, status: 202 }],
  'chat.list': () => [{}],
  'routine.list': () => [{}],
  'routine.run': () => [{ ids: { name: 'nightly' }, status: 202 }],
  'deadLetter.list': () => [{}],
  'deadLetter.retry': ({ deadLetter }) => [{ ids: { id: deadLetter } }],
  'delivery.list': () => [{ query: '?provider=gitea&outcome=accepted' }],
  'delivery.show': ({ delivery }) => [{ ids: { id: delivery } }],
  'delivery.replay': ({ delivery }) => [{ ids: { id: delivery } }],
  'token.create': () => [{ body: { name: 'new', role: 'viewer' }, status: 201 }],
  'token.list': () => [{}],
  'token.revoke': () => [{ ids: { name: 'ci' } }],
  'events.follow': () => [
    { query: '?after=0', type: 'text/event-stream' },
    { headers: { 'last-event-id': '1' }, type: 'text/event-stream' },
  ],
  'machine.list': () => [{}],
  'machine.chart': () => [{ ids: { machineId: 'ET-1' } }, { ids: { machineId: 'breaker' }, query: '?within=halfOpen' }],
  'machine.show': () => [
    { ids: { machineId: 'ET-1' } },
    { ids: { machineId: 'ET-1' }, query: '?format=mermaid', type: 'text/plain' },
    { ids: { machineId: 'breaker' }, query: '?format=svg', type: 'image/svg+xml' },
    { ids: { machineId: 'task:default' }, headers: { accept: envelopeType }, type: envelopeType },
  ],
  'pipeline.list': () => [{}],
  'pipeline.show': () => [{ ids: { name: 'default' } }],
  'pipeline.check': () => [{}],
  'config.show': () => [{}],
  'config.schema': () => [{}],
  'data.verify': () => [{}],
  'data.backup': ({ backups }) => [{ body: { file: join(backups, 'copy.db') }, status: 201 }],
  'data.prune': () => [{ body: { olderThan: '90d' } }],
  'service.dashboard': () => [{ type: 'text/html' }],
  'service.session': () => [{}],
  'service.signIn': ({ admin }) => [{ body: { token: admin } }],
  'service.signOut': () => [{}],
  'service.health': () => [{}],
  'service.ready': () => [{}],
  'service.openapi': () => [{}],
  'service.docs': () => [{ type: 'text/html' }],
  'service.metrics': () => [{ type: 'text/plain' }],
  // A test of its own opens the socket.
  'service.inspect': () => [{ status: 426, type: 'application/problem+json' }],
  'service.webhook': () => webhooks({ kind: 'gitea' }),
  'service.namedWebhook': () => webhooks({ kind: 'gitea', name: 'home' }),
  'service.inspector': () => [{ type: 'text/html' }],
  'service.inspectorScript': () => [{ type: 'text/javascript' }],
  'service.inspectorStyle': () => [{ type: 'text/css' }],
};

/** Throws for a route of which nobody has said how it is asked. */
export function waysToAsk({ operationId, method }: Pick<Route, 'operationId' | 'method'>, world: World): Asked[] {
  const given = ways[operationId];
  if (given === undefined) throw new Error(`say in test/http/asked.ts how ${operationId} (${method}) is asked well`);
  return given(world).map(it => ({ ids: {}, query: '', body: {}, headers: {}, status: 200, type: json, ...it }));
}

/** The path with its fields. */
export const pathOf = ({ path }: Pick<Route, 'path'>, { ids, query }: Pick<Asked, 'ids' | 'query'>) =>
  `${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? 'x'))}${query}`;

export const bodyOf = ({ method }: Pick<Route, 'method'>, { body }: Pick<Asked, 'body'>) =>
  method === 'GET' ? undefined : JSON.stringify(body);
