/** When a run waited is told from its log as its tags say it, and without its log where what it remembers is enough. */
import { expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import type { AgentRunContext } from '../../src/machines/agent-run-context.ts';
import { createWaits, waitsOfOne } from '../../src/machines/agent-run-waits.ts';
import { createStepper, statePath } from '../../src/runtime/stepper.ts';
import { agentRunModel, exited, plainRunModel, shortRunModel, sign } from '../model/cases.ts';
import { type ModelEvent, type ModelOptions, modelOf } from '../model/paths.ts';

const machine = agentRunMachine as unknown as AnyStateMachine;
const begin = 1_000_000;
const step = 1_000;

/** A second for each event: the entries of its log, and how the run stands after each. */
function walk(model: ModelOptions, events: readonly ModelEvent[]) {
  const stepper = createStepper(machine, Object.keys(machine.implementations.actors));
  const actor = { id: 'R', parentId: null, at: begin };
  let { snapshot } = stepper.initial({ ...(model.input as object), actor } as never, { actorId: 'R', seq: 1 });
  const entryAt = (at: number) => ({ at, outcome: 'applied', to: statePath(snapshot.value) });
  const log = [{ ...entryAt(begin), tags: [...snapshot.tags] as string[] }];
  for (const event of events) {
    const at = begin + step * log.length;
    snapshot = stepper.next(snapshot, { ...event, at } as never, { actorId: 'R', seq: log.length + 1 }).snapshot;
    log.push({ ...entryAt(at), tags: [...snapshot.tags] as string[] });
  }
  return { log, context: snapshot.context as AgentRunContext, status: snapshot.status };
}

const started: ModelEvent[] = [{ type: 'run.start' }, { type: 'agent.started', pid: 42 }];
const runs = [
  ...[agentRunModel, plainRunModel, shortRunModel].flatMap(model =>
    modelOf(machine, model).paths.map(({ events }) => walk(model, events)),
  ),
  walk(shortRunModel, [...started, exited(0)]),
  walk(shortRunModel, [...started, { type: 'agent.heartbeat', isToolAlive: false, ...sign }, exited(0)]),
];

function follow(log: (typeof runs)[number]['log']) {
  const told = createWaits();
  for (const entry of log) told.follow(entry);
  return told.waits();
}

test('a run waits for a place while it is queued and until its process runs, and is pausing while its tags say so', () => {
  for (const { log } of runs) {
    const waits = follow(log);
    const end = log.at(-1)!.at;
    for (const [index, { at, to, tags }] of log.slice(0, -1).entries()) {
      const next = log[index + 1]!.at;
      const phases = waits.filter(wait => wait.from < next && (wait.to ?? end) > at).map(({ phase }) => phase);
      const isStarting = to.endsWith('.starting');
      const expected = tags.includes('backoff') ? ['backoff'] : tags.includes('queued') || isStarting ? ['place'] : [];
      expect([to, phases]).toEqual([to, expected]);
    }
  }
});

test('what is told without the log is what the log tells', () => {
  let told = 0;
  for (const { log, context, status } of runs) {
    const known = waitsOfOne(context, { createdAt: begin, status });
    if (known === undefined) continue;
    told += 1;
    expect(known).toEqual(follow(log));
  }
  expect(told).toBeGreaterThan(1);
});
