/** OpenTelemetry's tracer, where whoever runs the process has loaded an SDK before it. Without one nothing is traced. */
import { isSpanContextValid, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';

/** Undefined where nobody would get the spans. To be asked once, when a process begins. `version` is that of Signalbox. */
export function findTracer(version: string): Tracer | undefined {
  const tracer = trace.getTracer('signalbox', version);
  // A span without an SDK has no identity; with one it has, even where a sampler drops it. This one never ends: it is not told.
  const probe = tracer.startSpan('signalbox.probe', {}, ROOT_CONTEXT);
  return isSpanContextValid(probe.spanContext()) ? tracer : undefined;
}

/** `type` says how, in a word that tells nothing of what is secret; messages may. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}
