/** Ways that a task may go, by chance or all of them: what its machine takes, and the log that this leaves. */
import fc from 'fast-check';
import type { AnyMachineSnapshot } from 'xstate';
import type { Pipeline } from '../../src/machines/pipeline.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import type { CourseEntry } from '../../src/machines/task/course.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { createStepper, statePath } from '../../src/runtime/stepper.ts';
import { type ModelEvent, type ModelOptions, modelOf } from '../model/paths.ts';

/** An entry of the log, with what the task remembers before and after it. */
export interface Walked extends CourseEntry {
  before: TaskContext;
  after: TaskContext;
}

/** How a walk goes on: which of the events that are taken comes next, and after how many milliseconds. */
export type Steps = readonly { choice: number; pause: number }[];

export const steps: fc.Arbitrary<Steps> = fc.array(
  // Some things follow at once, and a clock may be set back.
  fc.record({ choice: fc.nat(10_000), pause: fc.oneof(fc.constant(0), fc.integer({ min: -500, max: 100_000 })) }),
  { maxLength: 120 },
);

/** What can be known of where a walk is. */
interface Standing {
  snapshot: AnyMachineSnapshot;
  log: readonly Walked[];
}

export function createWalks(pipeline: Pipeline, models: readonly ModelOptions[]) {
  const machine = compileTask(pipeline);
  const stepper = createStepper(machine, Object.keys(machine.implementations.actors));
  const events = [
    ...new Map(models.flatMap(model => model.events.map(event => [JSON.stringify(event), event]))).values(),
  ];
  const isPossible = models[0]!.isPossible ?? (() => true);

  /** Goes on while `next` answers an event, and when it happens. */
  function walk(input: unknown, next: (standing: Standing) => (ModelEvent & { at: number }) | undefined): Walked[] {
    const actor = { id: 'T', parentId: null, at: begin };
    let { snapshot } = stepper.initial({ ...(input as object), actor } as never, { actorId: 'T', seq: 1 });
    const first = snapshot.context as TaskContext;
    const log: Walked[] = [
      {
        ...{ at: begin, type: 'xstate.init', outcome: 'applied', from: '', to: statePath(snapshot.value) },
        ...{ event: { type: 'xstate.init' }, before: first, after: first },
      },
    ];
    while (snapshot.status === 'active') {
      const event = next({ snapshot, log });
      if (event === undefined) break;
      const after = stepper.next(snapshot, event as never, { actorId: 'T', seq: log.length + 1 }).snapshot;
      log.push({
        ...{ at: event.at, type: event.type, outcome: 'applied' },
        ...{ from: statePath(snapshot.value), to: statePath(after.value), event },
        ...{ before: snapshot.context as TaskContext, after: after.context as TaskContext },
      });
      snapshot = after;
    }
    return log;
  }

  return {
    /** Some way, by chance. */
    random(way: Steps): Walked[] {
      const rest = way.values();
      return walk(models[0]!.input, ({ snapshot, log }) => {
        const { value: step } = rest.next();
        if (step === undefined) return undefined;
        const { choice, pause } = step;
        const at = log.at(-1)!.at + pause;
        const taken = events
          .map(event => ({ ...event, at }))
          .filter(event => isPossible(statePath(snapshot.value), event) && isOpen(snapshot, event))
          .filter(event => snapshot.can(event as never));
        if (taken.length === 0) return undefined;
        const pool = poolFor(choice % 10, taken);
        return pool[Math.floor(choice / 10) % pool.length]!;
      });
    },
    /** Ways that together take every transition of these models, a second for each step. */
    all: (): Walked[][] =>
      models.flatMap(model =>
        modelOf(machine, model).paths.map(({ events: path }) => {
          const rest = path.values();
          return walk(model.input, ({ log }) => {
            const { value: event } = rest.next();
            return event && { ...event, at: begin + 1_000 * log.length };
          });
        }),
      ),
  };
}

const begin = 1_000_000;

/** Mostly all goes well, or few would come far; and hardly ever is it given up. */
function poolFor<Event extends ModelEvent>(share: number, taken: readonly Event[]): readonly Event[] {
  const lasting = taken.filter(({ type }) => !/^task\.(?:cancel|fail)$/.test(type));
  const good = lasting.filter(({ type, output }) => {
    const { verdict = 'pass', outcome = 'succeeded', result = 'current' } = (output ?? {}) as Record<string, string>;
    const isWell = verdict === 'pass' && outcome === 'succeeded' && /^(?:current|merged|updated|pushed)$/.test(result);
    return isWell && /^(?:xstate\.done|lease|task\.(?:approve|answer|resume|retry))/.test(type);
  });
  const pools = [...(share < 6 ? [good] : []), ...(share < 9 ? [lasting] : []), taken];
  return pools.find(pool => pool.length > 0)!;
}

/** Only who works reports, and a gate answers once. */
function isOpen({ children, context }: AnyMachineSnapshot, { type }: ModelEvent): boolean {
  const child = /^xstate\.(?:done|error)\.actor\.(.+)$/.exec(type)?.[1];
  if (child === undefined) return true;
  const { verdicts } = context as TaskContext;
  return children[child] !== undefined && verdicts[child.replace(/^gate-/, '')] === undefined;
}
