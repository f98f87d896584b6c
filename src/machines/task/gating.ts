/** The gates of a stage, one actor each. */
import type { GateInput } from '../gate.ts';
import type { Gate, Stage } from '../pipeline.ts';
import { namesOf, placeOf, playerOf, says } from './common.ts';
import { gateChild, type TaskContext } from './context.ts';
import type { StateConfig, Transition } from './spending.ts';

/** Every gate that is no person's is an actor of its own; they are judged one after another. */
export function gatingState(stage: Stage, blockedBecause: (why: string) => Transition): StateConfig {
  const gates = stage.gates.filter(({ kind }) => kind !== 'approval');
  const [first] = gates;
  if (first === undefined) return { always: { target: 'deciding' } };
  const headline = `${stage.name}: the gates are judged`;
  return {
    entry: { type: 'forgetVerdicts', params: { gates: namesOf(stage.gates) } },
    meta: says({ why: 'the gates are judged', headline }),
    initial: first.name,
    states: Object.fromEntries(
      gates.map((gate, index) => {
        const next = gates[index + 1]?.name ?? `#${stage.name}.deciding`;
        return [gate.name, gateState(stage, gate, next, blockedBecause)];
      }),
    ),
  };
}

function gateState(stage: Stage, gate: Gate, next: string, blockedBecause: (why: string) => Transition): StateConfig {
  return {
    meta: says({ why: ({ waitsFor: why }) => why ?? `the gate ${gate.name} is judged` }),
    exit: 'stopWaiting',
    on: { 'gate.waits': { actions: 'recordWaiting' } },
    invoke: {
      id: gateChild(gate.name),
      src: 'gate',
      input: ({ context }: { context: TaskContext }): GateInput => ({
        taskId: context.id,
        gate,
        deadlineMs: null,
        lookAgainMs: 0,
        // Tests are what the agent has made of them.
        place: { ...placeOf(context), sandbox: playerOf(context, stage).sandbox },
      }),
      onDone: { target: next, actions: { type: 'recordVerdict', params: { stage: stage.name } } },
      onError: blockedBecause(`the gate ${gate.name} could not be judged`),
    },
  };
}
