/**
 * What the engine does, as spans of OpenTelemetry: transitions, commits, jobs. Those of a turn are told when it is stored,
 * so that none tells of what was not. What belongs to what is known in memory and nowhere else.
 *
 *   order ─▶ signalbox.transition ─▶ signalbox.commit ─▶ signalbox.job ─▶ signalbox.transition (what the job reports) …
 *
 * One commit holds transitions of several traces. Each of these shows it once, below its first transition in it.
 */
import { type Context, context, type Link, ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api';
import type { StoredTurn, Tracing } from '../runtime/index.ts';
import { createJobSpans } from './job-spans.ts';
import { createLineage, type Lineage } from './lineage.ts';
import { findTracer, markFailed } from './tracer.ts';

export interface TracingOptions {
  /** Of Signalbox. */
  version: string;
  /** Something could not be told. */
  onFault?(error: unknown): void;
}

/** For the observer of `openApp`. Undefined where nobody would get the spans: then nothing is recorded. */
export function createTracing({ version, onFault = () => {} }: TracingOptions): Tracing | undefined {
  const tracer = findTracer(version);
  if (tracer === undefined) return undefined;
  const lineage = createLineage();
  const jobs = createJobSpans(tracer, lineage);

  const safely = <T>(tell: () => T): T | undefined => {
    try {
      return tell();
    } catch (error) {
      onFault(error);
      return undefined;
    }
  };
  return {
    cause: () => context.active(),
    onTurn(turn) {
      safely(() => {
        const commits = tellCommit(tracer, turn, tellTransitions(tracer, turn, lineage));
        jobs.follow(turn, commits);
      });
    },
    begin: (job, start) => context.with(safely(() => jobs.begin(job)) ?? ROOT_CONTEXT, start),
    onEnd: (job, event) => void safely(() => jobs.end(job, event)),
    apart: round => context.bind(ROOT_CONTEXT, round),
  };
}

/** What one trace has in a commit. */
interface Part {
  first: Context;
  transitions: Link[];
  actorIds: Set<string>;
}

function tellTransitions(tracer: Tracer, { steps, beganAt, storedAt }: StoredTurn, lineage: Lineage): Part[] {
  const parts = new Map<string, Part>();
  for (const step of steps) {
    const { kind, actorId, parentId, seq, type, from, to, outcome } = step.transition;
    const { parent, links } = lineage.of(step);
    const attributes = {
      'signalbox.actor': actorId,
      'signalbox.kind': kind,
      ...(kind === 'task' && { 'signalbox.task': actorId }),
      ...(kind === 'agentRun' && parentId !== null && { 'signalbox.task': parentId }),
      'signalbox.event': type,
      'signalbox.from': from,
      'signalbox.to': to,
      'signalbox.outcome': outcome,
      'signalbox.seq': seq,
    };
    const span = tracer.startSpan('signalbox.transition', { startTime: beganAt, attributes, links }, parent);
    if (outcome === 'rejected') markFailed(span, outcome);
    span.end(storedAt);
    const own = span.spanContext();
    const within = trace.setSpanContext(parent, own);
    lineage.remember(step, within);
    const part = parts.get(own.traceId) ?? { first: within, transitions: [], actorIds: new Set() };
    parts.set(own.traceId, part);
    part.transitions.push({ context: own });
    part.actorIds.add(actorId);
  }
  return [...parts.values()];
}

/** Answers, for each actor that has moved, the commit as its trace shows it. */
function tellCommit(
  tracer: Tracer,
  { steps, commitBeganAt, storedAt }: StoredTurn,
  parts: readonly Part[],
): Map<string, Context> {
  const commits = new Map<string, Context>();
  const attributes = { 'signalbox.transitions': steps.length, 'signalbox.ms': storedAt - commitBeganAt };
  for (const { first, transitions: links, actorIds } of parts) {
    const span = tracer.startSpan('signalbox.commit', { startTime: commitBeganAt, attributes, links }, first);
    span.end(storedAt);
    for (const actorId of actorIds) commits.set(actorId, trace.setSpanContext(first, span.spanContext()));
  }
  return commits;
}
