/**
 * A span for each request, in the trace that its sender says, by the semantic conventions for HTTP. Neither the address
 * itself nor anything of headers and bodies is in it: people put secrets there.
 */
import { type Context, context, propagation, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findTracer, markFailed } from '../observability/tracer.ts';

/** To be installed before everything that may answer. `version` is that of the program. */
export function installTracing(server: FastifyInstance, version: string): void {
  const tracer = findTracer(version);
  if (tracer === undefined) return;
  const contexts = new WeakMap<FastifyRequest, Context>();

  server.addHook('onRequest', (request, reply, done) => {
    const { method, protocol, routeOptions } = request;
    const route = routeOptions.url;
    const attributes = {
      'http.request.method': method,
      'url.scheme': protocol,
      ...(route !== undefined && { 'http.route': route }),
    };
    const name = route === undefined ? method : `${method} ${route}`;
    const parent = contextFor(request);
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    contexts.set(request, trace.setSpan(parent, span));
    // Comes in every case, also where the sender leaves before there is an answer.
    reply.raw.once('close', () => conclude(span, request, reply));
    done();
  });
  // Not earlier: the body arrives in a context of the connection, not of the request.
  server.addHook('preHandler', (request, _, done) => context.with(contexts.get(request) ?? ROOT_CONTEXT, done));
}

/** Somebody may have begun with the request before us: an instrumentation that whoever runs the process has loaded. */
function contextFor({ headers }: FastifyRequest): Context {
  const active = context.active();
  return trace.getSpan(active) === undefined ? propagation.extract(active, headers) : active;
}

function conclude(span: Span, { sender, params }: FastifyRequest, { raw }: FastifyReply): void {
  const { taskId } = (params ?? {}) as { taskId?: string };
  const { statusCode: status, headersSent } = raw;
  if (headersSent) span.setAttribute('http.response.status_code', status);
  if (headersSent && status >= 500) markFailed(span, String(status));
  if (sender !== null) span.setAttribute('signalbox.by', sender.role);
  // What is no task may be anything that somebody has put into the place of one.
  if (sender !== null && taskId !== undefined && status < 400) span.setAttribute('signalbox.task', taskId);
  span.end();
}
