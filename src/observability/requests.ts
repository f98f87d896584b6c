/** What is asked over HTTP, and who listens. */
import { Gauge, Histogram, type Registry } from '@prometheus-io/client';
import { type Names, otherName } from './names.ts';

/** A request that was answered. */
export interface ServedRequest {
  /** The pattern that it was served by, such as `/tasks/:taskId`; never the path itself. */
  route: string;
  method: string;
  /** Of the answer. */
  status: number;
  /** From its arrival to the end of the answer. */
  seconds: number;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function createRequestCounts(registry: Registry, names: Names) {
  const requests = new Histogram({
    name: 'signalbox_http_request_duration_seconds',
    help: 'How long HTTP requests took, by route, method and status.',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const listeners = new Gauge({
    name: 'signalbox_clients',
    help: 'Clients that follow what happens, by how they do.',
    labelNames: ['kind'] as const,
    registers: [registry],
  });
  return {
    observeRequest({ route, method, status, seconds }: ServedRequest): void {
      const known = methods.includes(method) ? method : otherName;
      requests.observe({ route: names('route', route), method: known, status }, seconds);
    },
    clients(kind: string, by: 1 | -1): void {
      listeners.inc({ kind: names('client', kind) }, by);
    },
  };
}
