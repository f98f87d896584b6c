/**
 * An actor on paper: where it stands, and what it would do. It is moved by the same step as in a turn, and nobody stores what
 * follows: nothing begins, nothing is sent, and the actor has not moved.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { EventObject, Store } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';
import { childrenOf } from './consequences.ts';
import { respond } from './respond.ts';
import { bornAt, type Consequence, childRef, type Microstep, statePath } from './stepper.ts';

export interface Rehearsal {
  machine: AnyStateMachine;
  /** Where it stands. */
  snapshot: AnyMachineSnapshot;
  /** The entry of its log after which it stands so. */
  seq: number;
  /** When that was, in epoch milliseconds; null for where it stands now. */
  since: number | null;
  /** What it would do with an event, which carries its time. */
  take(event: EventObject & { at: number }): Rehearsed;
}

export interface Rehearsed {
  outcome: 'applied' | 'ignored' | 'rejected';
  /** Why it would change nothing; null where it would. */
  reason: string | null;
  /** As it would be then. */
  snapshot: AnyMachineSnapshot;
  microsteps: Microstep[];
  /** What would be done. Children that have ended are not stopped once more. */
  consequences: Consequence[];
}

const pageSize = 500;

export async function rehearsalOf(
  store: Store,
  { id, definition, snapshot, version }: Pick<LiveActor, 'id' | 'definition' | 'snapshot' | 'version'>,
  since: number | null = null,
): Promise<Rehearsal> {
  const working = await workingChildren(store, { id, snapshot, version });
  const actor = { id, definition, snapshot, version, state: statePath(snapshot.value), status: snapshot.status };
  const unmoved = { snapshot, microsteps: [], consequences: [] };
  return {
    machine: definition.stepper.machine,
    snapshot,
    seq: version,
    since,
    take(event) {
      const over = endIn(event.type);
      if (over !== undefined && !working.has(over) && snapshot.status === 'active') {
        return { ...unmoved, outcome: 'ignored', reason: `${over} is not at work` };
      }
      const microsteps: Microstep[] = [];
      const response = respond(actor, event, { hear: microstep => microsteps.push(microstep) });
      if (response.outcome !== 'applied') return { ...unmoved, ...response };
      const { stepped } = response;
      const isStopped = (child: string) => child !== over && (working.has(child) || !(child in snapshot.children));
      const consequences = stepped.consequences.filter(it => it.type !== 'stop' || isStopped(it.childId));
      return { outcome: 'applied', reason: null, snapshot: stepped.snapshot, microsteps, consequences };
    },
  };
}

/** The child of whose end an event tells. */
const endIn = (type: string) => /^xstate\.(?:done|error)\.actor\.(.+)$/.exec(type)?.[1];

/** A parent keeps a child that has ended until it leaves the state that called it; that it has ended is in the log. */
async function workingChildren(
  store: Store,
  { id, snapshot, version }: Pick<LiveActor, 'id' | 'snapshot' | 'version'>,
): Promise<Set<string>> {
  const refs = new Map(childrenOf({ snapshot }).map(child => [child.id, childRef(child)]));
  const working = new Set(refs.keys());
  if (refs.size === 0) return working;
  for (let after = Math.min(...[...refs.values()].map(bornAt)); after < version; ) {
    const entries = await store.log(id, { after, limit: pageSize });
    if (entries.length === 0) break;
    for (const { seq, type, source } of entries) {
      const child = endIn(type);
      // An earlier child of the same name may tell of its end late.
      const isOwn = child !== undefined && [`job:${refs.get(child)}`, `actor:${refs.get(child)}`].includes(source);
      if (isOwn && seq <= version) working.delete(child);
    }
    after = entries.at(-1)!.seq;
  }
  return working;
}
