/**
 * Tasks that were stored while their machine had another shape: gates were judged one after another, each in a state of its own,
 * and a merge had no lease around it.
 */
import type { AnyStateMachine } from 'xstate';

interface Stored {
  value: unknown;
  context: unknown;
}

const why = 'Signalbox was updated while its gates were judged; a new try judges them';

/** The same snapshot in the present shape. */
export function upgradeTask<T extends Stored>(stored: T, machine: AnyStateMachine): T {
  const [outer, inner] = onlyEntry(stored.value);
  if (outer === undefined) return stored;
  if (outer === 'landing' && inner === 'writing') return { ...stored, value: { landing: { leased: 'writing' } } };
  const [step, place] = onlyEntry(inner);
  if (step === 'merging' && place === 'writing')
    return { ...stored, value: { [outer]: { merging: { leased: 'writing' } } } };
  if (step !== 'gating' || typeof place !== 'string') return stored;
  // One gate is at work still, and its answer is all that is waited for. Of several the others were never begun.
  const gates = machine.states[outer]?.states.gating?.invoke.length ?? 0;
  if (gates === 1) return { ...stored, value: { [outer]: 'gating' } };
  return { ...stored, value: { [outer]: 'unpublished' }, context: { ...(stored.context as object), waitsFor: why } };
}

function onlyEntry(value: unknown): [string, unknown] | [] {
  if (typeof value !== 'object' || value === null) return [];
  const [entry] = Object.entries(value);
  return entry ?? [];
}
