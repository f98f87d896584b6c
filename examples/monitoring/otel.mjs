/**
 * Sends the traces of Signalbox to whatever takes OTLP over HTTP: an OpenTelemetry collector, Jaeger, Tempo. Where to is for
 * OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318 without it), how many for OTEL_TRACES_SAMPLER (all without it). To be
 * loaded before Signalbox, from a directory in which the packages below are installed:
 *
 *   node --import ./otel.mjs node_modules/signalbox/bin/signalbox.js serve
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'signalbox' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

// Signalbox has stopped then, and the last spans are there.
process.once('beforeExit', () => provider.shutdown().catch(error => console.error(`traces: ${error.message}`)));
