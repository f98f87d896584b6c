/** Which trace a transition belongs to: that of whatever led to it, unless what led to it was about somebody else. */
import { type Context, type Link, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import type { Cause, StoredTurn } from '../runtime/index.ts';

type Step = StoredTurn['steps'][number];
type Transition = Step['transition'];

export interface Lineage {
  /** Where the span of a transition belongs, and with what it is linked. */
  of(step: Step): { parent: Context; links: Link[] };
  /** A transition has its span. */
  remember(step: Step, own: Context): void;
  /** A job has its span. */
  rememberJob(job: Cause, own: Context): void;
}

/** Actors whose last span is known, at the most; of one that was forgotten only a link is missing. */
const mostActors = 10_000;

export function createLineage(): Lineage {
  const contexts = new WeakMap<Cause, Context>();
  /** The last span of each task and run that lives. */
  const last = new Map<string, Context>();

  return {
    of({ transition, cause }) {
      const own = last.get(transition.actorId);
      // An order's cause is the context that it came in.
      const from = cause && (contexts.get(cause) ?? (cause as Context));
      // What a timer begins may come much later, and again and again: a trace that never ends is none that can be read.
      if (from === undefined) return { parent: ROOT_CONTEXT, links: linksTo(own) };
      // The worker lets one task's run begin because another's has ended: that is no part of the other's story.
      if (!isBetweenStrangers(transition) || traceOf(own) === traceOf(from)) return { parent: from, links: [] };
      return { parent: own ?? ROOT_CONTEXT, links: linksTo(from) };
    },
    remember({ transition: { actorId, kind, status }, mark }, own) {
      contexts.set(mark, own);
      if (!isWork(kind)) return;
      last.delete(actorId);
      if (status === 'active') last.set(actorId, own);
      const [oldest] = last.size > mostActors ? last.keys() : [];
      if (oldest !== undefined) last.delete(oldest);
    },
    rememberJob: (job, own) => void contexts.set(job, own),
  };
}

/** Tasks and their runs have stories; all others serve them, one after another. */
const isWork = (kind: string) => kind === 'task' || kind === 'agentRun';

/** Whether a task or a run hears from somebody who is neither its parent nor a child of its own. */
function isBetweenStrangers({ kind, source, actorId, parentId }: Transition): boolean {
  const sender = /^actor:(.*)$/s.exec(source)?.[1];
  return isWork(kind) && sender !== undefined && sender !== parentId && !sender.startsWith(`${actorId}.`);
}

const spanIn = (context: Context | undefined): SpanContext | undefined => context && trace.getSpanContext(context);
const traceOf = (context: Context | undefined) => spanIn(context)?.traceId;

function linksTo(context: Context | undefined): Link[] {
  const span = spanIn(context);
  return span === undefined ? [] : [{ context: span }];
}
