/** A span for each job, from its start here to its end here; for an agent with what became of it. */
import { type Attributes, type Context, ROOT_CONTEXT, type Span, type Tracer, trace } from '@opentelemetry/api';
import type { Json } from '../domain/json.ts';
import type { Usage } from '../domain/usage.ts';
import type { AgentRunContext, AgentRunEvent } from '../machines/agent-run-context.ts';
import type { EventObject, StoredJob } from '../persistence/store.ts';
import type { StoredTurn } from '../runtime/index.ts';
import type { Lineage } from './lineage.ts';
import { markFailed } from './tracer.ts';

export interface JobSpans {
  /** A turn is stored: what it has opened will begin, and what it has closed has ended. `commits` are those of its actors. */
  follow(turn: StoredTurn, commits: ReadonlyMap<string, Context>): void;
  /** Answers the context in which the job does its work. */
  begin(job: StoredJob): Context;
  /** It has settled with this event, or was let go of without one. */
  end(job: StoredJob, event: EventObject | undefined): void;
}

export function createJobSpans(tracer: Tracer, lineage: Lineage): JobSpans {
  /** The commits that have opened jobs which have not begun, and the spans of those that have; by their refs. */
  const waiting = new Map<string, Context>();
  const live = new Map<string, { job: StoredJob; span: Span }>();

  function close(ref: string, turn: StoredTurn): void {
    waiting.delete(ref);
    const entry = live.get(ref);
    if (entry === undefined) return;
    live.delete(ref);
    if (entry.job.src === 'agent') tellRun(entry.span, entry.job, turn);
    entry.span.end(turn.storedAt);
  }

  return {
    follow(turn, commits) {
      for (const { ref, actorId } of turn.jobsOpened) waiting.set(ref, commits.get(actorId) ?? ROOT_CONTEXT);
      for (const ref of turn.jobsClosed) close(ref, turn);
    },
    begin(job) {
      const opener = waiting.get(job.ref);
      waiting.delete(job.ref);
      // Opened by a process that is no more, which has taken to its grave what it belongs to.
      const attributes = { ...aboutJob(job), ...(opener === undefined && { 'signalbox.adopted': true }) };
      const parent = opener ?? ROOT_CONTEXT;
      const span = tracer.startSpan('signalbox.job', { attributes }, parent);
      const own = trace.setSpan(parent, span);
      live.set(job.ref, { job, span });
      lineage.rememberJob(job, own);
      return own;
    },
    end({ ref }, event) {
      const entry = live.get(ref);
      if (entry === undefined) return;
      live.delete(ref);
      // An agent outlives the process that watches it.
      if (event === undefined) entry.span.setAttribute('signalbox.released', true);
      if (event?.type.startsWith('xstate.error.')) markFailed(entry.span, nameOf(event.error));
      entry.span.end();
    },
  };
}

function aboutJob({ src, actorId, ref, input }: StoredJob): Attributes {
  const { taskId, assignment, agent, attempt } = fieldsOf(input);
  const task = taskId ?? fieldsOf(assignment).taskId;
  return {
    'signalbox.job': src,
    'signalbox.ref': ref,
    'signalbox.actor': actorId,
    ...(typeof task === 'string' && { 'signalbox.task': task }),
    ...(src === 'agent' && { 'signalbox.agent': String(fieldsOf(agent).name), 'signalbox.attempt': Number(attempt) }),
  };
}

const fieldsOf = (json: Json | undefined): Record<string, Json> =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};

const nameOf = (error: unknown) => (error as { name?: string } | null)?.name ?? 'Error';

/** How an agent's process ended and what it has used; for those that read traces and nothing else. */
function tellRun(span: Span, { actorId }: StoredJob, { steps }: StoredTurn): void {
  for (const { transition } of steps) {
    const event = transition.event as unknown as AgentRunEvent;
    const isItsEnd = event.type === 'agent.exited' || event.type === 'agent.failed';
    if (transition.actorId !== actorId || !isItsEnd) continue;
    const { outcome } = transition.snapshot.context as AgentRunContext;
    span.setAttribute('signalbox.outcome', outcome ?? 'lost');
    if (outcome !== 'succeeded') markFailed(span, outcome ?? 'lost');
    if (event.type === 'agent.exited') span.setAttributes(usedIn(event.report.usage));
  }
}

function usedIn({ inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, costUsd }: Usage): Attributes {
  return {
    'signalbox.tokens.input': inputTokens,
    'signalbox.tokens.cached_input': cachedInputTokens,
    'signalbox.tokens.cache_write': cacheWriteTokens,
    'signalbox.tokens.output': outputTokens,
    ...(costUsd !== null && { 'signalbox.cost_usd': costUsd }),
  };
}
