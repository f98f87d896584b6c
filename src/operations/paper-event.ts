/** An event as somebody imagines it: any that the machine of a task knows, with as many of its fields as are given. */
import { type AnyMachineSnapshot, type AnyStateMachine, getNextTransitions } from 'xstate';
import type { JsonObject } from '../domain/json.ts';
import { eventName } from '../machines/graph.ts';
import type { PartialEvent } from '../machines/guards.ts';
import { personEvents } from '../machines/standing.ts';
import type { EventObject } from '../persistence/store.ts';
import { text } from './fields.ts';
import { badField } from './sending.ts';

/** Stands for a text that nobody has given. */
const sample = '…';

export interface PaperEvent extends PartialEvent {
  /** What can be sent: a sample stands in for what is missing. */
  event: EventObject;
  /** Fields that it needs and was not given. */
  missing: string[];
}

/** Every event of a task by its name: those of people, and what its machine hears from anywhere else. */
const namesOfEvents = (machine: AnyStateMachine): string[] => [
  ...new Set([...Object.keys(personEvents), ...(machine.events as string[])]),
];

/** The same, and as people read them. */
export const spellings = (machine: AnyStateMachine): string[] => [
  ...new Set(namesOfEvents(machine).flatMap(type => [type, eventName(type)])),
];

/**
 * The name of an event as the machine knows it, by that or as people read it in a log of steps (`done prepare`): what counts
 * where the task stands goes before the rest. Undefined for one that it does not know.
 */
export function typeOfEvent(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, given: string): string | undefined {
  const known = namesOfEvents(machine);
  if (known.includes(given)) return given;
  const near = getNextTransitions(snapshot).map(({ eventType }) => String(eventType));
  return [...near, ...known].find(type => type !== '' && eventName(type) === given);
}

/** The event of this type with the given fields, sent by `by` where people send it. Throws `badInput` for a field that is no text. */
export function paperEvent(type: string, data: JsonObject, by: string): PaperEvent {
  const needed = Object.hasOwn(personEvents, type) ? personEvents[type]!.map(({ name }) => name) : undefined;
  const given = needed === undefined ? data : { ...data, ...textsOf(type, needed, data) };
  const missing = needed === undefined ? lackingError(type, data) : needed.filter(field => !(field in given));
  const samples = missing.map(field => [field, needed === undefined ? { message: sample } : sample] as const);
  // Of what others report nothing is known until somebody gives some of it.
  const isBare = needed === undefined && Object.keys(data).length === 0;
  return {
    event: { ...given, ...Object.fromEntries(samples), type, ...(needed !== undefined && { by }) },
    missing,
    isUnknown: field => isBare || missing.includes(field),
  };
}

/** Why an actor could not do its work is asked of every failure. */
const lackingError = (type: string, data: JsonObject) =>
  type.startsWith('xstate.error.') && !('error' in data) ? ['error'] : [];

function textsOf(type: string, needed: readonly string[], data: JsonObject): JsonObject {
  const given = needed.filter(field => data[field] !== undefined);
  return Object.fromEntries(
    given.map(field => {
      const value = text('').safeParse(data[field]);
      if (!value.success) throw badField(type, field);
      return [field, value.data];
    }),
  );
}
