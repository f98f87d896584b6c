/** A collector that takes OTLP over HTTP as JSON, and spans as one likes to look at them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { onTestFinished, vi } from 'vitest';

type Value = string | number | boolean | undefined;

export interface Told {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** 2 is that of a server. */
  kind: number;
  /** 2 is an error. */
  status: { code: number; message?: string };
  attributes: Record<string, Value>;
  links: { traceId: string; spanId: string }[];
  /** Nanoseconds since the epoch. */
  from: bigint;
  to: bigint;
  service: Value;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
}

interface Body {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Told & { attributes: Attribute[]; startTimeUnixNano: string; endTimeUnixNano: string })[] }[];
  }[];
}

const valuesOf = (attributes: Attribute[] = []): Record<string, Value> =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue,
    ]),
  );

function spansIn({ resourceSpans }: Body): Told[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(span => ({
        ...span,
        attributes: valuesOf(span.attributes),
        links: span.links ?? [],
        from: BigInt(span.startTimeUnixNano),
        to: BigInt(span.endTimeUnixNano),
        service: valuesOf(resource.attributes)['service.name'],
      })),
    ),
  );
}

export async function openCollector() {
  const spans: Told[] = [];
  let text = '';
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    text += body;
    if (request.method === 'POST' && request.url === '/v1/traces') spans.push(...spansIn(JSON.parse(body)));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    /** Everything that was sent, as it came. */
    text: () => text,
    find: (name: string, attributes: Record<string, Value> = {}) =>
      spans.filter(
        span =>
          span.name === name && Object.entries(attributes).every(([key, value]) => span.attributes[key] === value),
      ),
    /** The span, the one above it, and so on. */
    line: (span: Told | undefined): Told[] => {
      const line: Told[] = [];
      for (let at = span; at !== undefined; at = spans.find(({ spanId }) => spanId === at?.parentSpanId)) line.push(at);
      return line;
    },
  };
}

/** Loads the SDK into this process, as `--import` does, until the test has finished. */
export function loadSdk(endpoint: string) {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  onTestFinished(async () => {
    for (const api of [trace, context, propagation]) api.disable();
    await provider.shutdown();
  });
  return {
    /** Sends what has ended. */
    flush: () => provider.forceFlush(),
    /** Sends until it has come. */
    until: (hasCome: () => boolean) =>
      vi.waitUntil(() => provider.forceFlush().then(hasCome), { timeout: 20_000, interval: 20 }),
  };
}
