/** What the guards that stand before an actor say now: where it could go from here, and on what that depends. */
import { type AnyMachineSnapshot, type AnyTransitionDefinition, getNextTransitions } from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import { nameOf } from './drawing/drawing.ts';
import { eventName } from './graph.ts';
import type { PersonEvents } from './words.ts';

/** One transition that leaves where the actor stands, or keeps it there, and has a guard. */
export interface GuardAnswer {
  /** As the machine knows it; empty for what needs none. */
  eventType: string;
  /** The same in words. */
  event: string;
  /** The state that it leaves, the actor's own or one around it; empty for the outermost. */
  from: string;
  /** Null where it leads nowhere. */
  target: string | null;
  guard: string;
  /** Null where that cannot be said without a field of the event. */
  holds: boolean | null;
  means: string | null;
  /** The field of the event that it would have to know. */
  lacks: string | null;
  /** It is there to keep the event from doing anything, where its guard holds. */
  isVoid: boolean;
}

/** An event as far as it is known: of a field that is not, nobody can tell what it will be. */
export interface PartialEvent {
  event: { type: string } & Record<string, unknown>;
  isUnknown(field: string): boolean;
}

/** The guards before an actor, its own state's first, each asked with `asked` or with an event that says nothing. */
export function guardsAt(
  snapshot: AnyMachineSnapshot,
  { asked, events, means }: { asked?: PartialEvent; events: PersonEvents; means(guard: unknown): string | null },
): GuardAnswer[] {
  if (snapshot.status !== 'active') return [];
  return getNextTransitions(snapshot)
    .filter(({ guard }) => guard !== undefined)
    .map(transition => {
      const { eventType, source, target, guard, actions } = transition;
      const event = asked !== undefined && asked.event.type === eventType ? asked : plainEvent(eventType, events);
      return {
        eventType,
        event: eventName(eventType),
        from: source.path.join('.'),
        target: target?.map(({ path }) => path.join('.')).join(', ') ?? null,
        guard: nameOf(guard),
        ...answerOf(snapshot, transition, event),
        means: means(guard),
        isVoid: target === undefined && actions.length === 0,
      };
    });
}

/** An event of which nothing is known but its name. What may be left out of those of people is left out. */
function plainEvent(type: string, events: PersonEvents): PartialEvent {
  const needed = Object.hasOwn(events, type) ? events[type]!.map(({ name }) => name) : undefined;
  return { event: { type }, isUnknown: field => needed === undefined || needed.includes(field) };
}

/** Those every event has, whatever it is about. */
const always = ['type', 'at', 'by'];
/** Nothing says to which question an event is, so it is to the one that is asked now. */
const leftOut = ['question', 'saidAt', 'agents'];

class Lacking extends Error {
  readonly field: string;

  constructor(field: string) {
    super(`the field ${field} is not known`);
    this.field = field;
  }
}

function answerOf(
  snapshot: AnyMachineSnapshot,
  { guard }: AnyTransitionDefinition,
  event: PartialEvent,
): Pick<GuardAnswer, 'holds' | 'lacks'> {
  try {
    const holds = evaluateGuard(guard as never, snapshot.context, watched(event) as never, snapshot);
    return { holds, lacks: null };
  } catch (error) {
    // Any other is one of the guard's own: it was given something that makes no sense to it.
    return { holds: null, lacks: error instanceof Lacking ? error.field : null };
  }
}

/** The event, so that whoever looks at a field that is not known is stopped. */
function watched({ event, isUnknown }: PartialEvent): object {
  const known = { by: '', at: 0, ...event };
  const look = (field: string | symbol): void => {
    if (typeof field !== 'string' || always.includes(field) || leftOut.includes(field)) return;
    if (isUnknown(field)) throw new Lacking(field);
  };
  return new Proxy(known, {
    get(target, field) {
      look(field);
      return Reflect.get(target, field);
    },
    has(target, field) {
      look(field);
      return Reflect.has(target, field);
    },
  });
}
