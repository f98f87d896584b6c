/**
 * The model of a task, driven by REST: what people do goes over HTTP, everything else happens behind it. After each step
 * the answers are what the model says.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { personEvents } from '../../src/machines/standing.ts';
import type { TaskView } from '../../src/operations/views/task.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { statePath } from '../../src/runtime/stepper.ts';
import { taskInput } from '../model/cases.ts';
import { type ModelEvent, modelOf, play } from '../model/paths.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { playedTaskKinds } from '../support/played-tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { openService } from './place.ts';
import { playedSite } from './played.ts';
import { machine, options, personEventsOf } from './task-model.ts';

const model = modelOf(machine, options);

async function serveModel() {
  const jobs = createPlayedJobs();
  const store = openSqliteStore({ file: join(temporaryDirectory(), 'model.db') });
  const { system, site } = await playedSite({ store, kinds: playedTaskKinds(jobs) });
  const { ask } = await openService(site);
  const close = async () => {
    await system.runtime.stop({ drainMs: 0 });
    await store.close();
  };

  /** By the verb, or as any event: both ways lead to the same. The verb that cancels waits until its agent is gone. */
  async function order(id: string, { type, by: _by, at: _at, ...data }: ModelEvent, isVerb: boolean) {
    const verb = type.slice('task.'.length);
    const answer =
      isVerb && verb !== 'fail' && verb !== 'cancel'
        ? await ask('POST', `/tasks/${id}/${verb}`, JSON.stringify(data))
        : await ask('POST', `/tasks/${id}/events`, JSON.stringify({ type, data }));
    await system.settle();
    return answer;
  }

  return {
    system,
    close,
    order,
    step: async (id: string, event: ModelEvent, isVerb: boolean) => {
      if (!(event.type in personEvents)) return play(id, event, system, jobs);
      const { status, json } = await order(id, event, isVerb);
      expect([event.type, status, json.outcome]).toEqual([event.type, 202, 'applied']);
    },
    task: async (id: string) => (await ask('GET', `/tasks/${id}`)).json as unknown as TaskView,
    snapshot: async (id: string) => (await ask('GET', `/tasks/${id}/snapshot`)).json,
  };
}

/** What the model's machine takes of what people may send, and for a move the stages. */
function takenBy(snapshot: AnyMachineSnapshot): Record<string, string[]> {
  const taken = personEventsOf.filter(
    event => snapshot.status === 'active' && snapshot.can({ at: 0, ...event } as never),
  );
  const byType = Map.groupBy(taken, ({ type }) => type);
  return Object.fromEntries([...byType].map(([type, events]) => [type, events.map(({ stage = '' }) => String(stage))]));
}

const offeredBy = ({ moves }: TaskView) =>
  Object.fromEntries(moves.map(({ event, fields }) => [event, fields[0]?.options ?? ['']]));

test('the paths reach every state, and everything that people may send is taken on them', () => {
  // The states of a task at a forge, of a look at its target, and of questions that are in no file, are walked with all others where
  // machines are.
  const isElsewhere = (state: string) =>
    /^waiting|(?:Later|pushing|presenting|\.later|turnedDown|baselining|unready|(?<!analysis\.)awaitingAnswer)$/.test(
      state,
    );
  expect([...model.states].filter(state => !model.visited.has(state) && !isElsewhere(state))).toEqual([]);
  const sent = new Set(model.paths.flatMap(({ events }) => events.map(({ type }) => type)));
  expect(Object.keys(personEvents).filter(type => !sent.has(type))).toEqual([]);
});

test(`all ${model.paths.length} paths lead over HTTP to where they lead in the model`, async () => {
  const { system, close, order, step, task, snapshot } = await serveModel();
  const [beginning] = initialTransition(machine, options.input as never) as [AnyMachineSnapshot, unknown];
  /** What was looked at on an earlier path is the same on this one. */
  const seen = new Set<string>();
  const refusedIn = new Set<string>();

  async function compare(id: string, expected: AnyMachineSnapshot): Promise<void> {
    const shown = await task(id);
    const path = statePath(expected.value);
    expect([id, shown.state, offeredBy(shown)]).toEqual([id, path, takenBy(expected)]);
    if (refusedIn.has(path)) return;
    refusedIn.add(path);
    const before = await snapshot(id);
    expect([before.status, before.value]).toEqual([expected.status, expected.value]);
    for (const [index, event] of personEventsOf.entries()) {
      if (takenBy(expected)[event.type]?.includes(String(event.stage ?? ''))) continue;
      const { status, json } = await order(id, event, index % 2 === 0);
      expect([path, event.type, status, json.outcome]).toEqual([path, event.type, 202, 'ignored']);
    }
    // Not even a word of it has changed.
    expect(await snapshot(id)).toEqual(before);
  }

  for (const [number, path] of model.paths.entries()) {
    const id = `T-${number}`;
    let expected = beginning;
    let way = '';
    await system.runtime.create('task', id, taskInput as never);
    await system.settle();
    for (const [index, event] of path.events.entries()) {
      await step(id, event, (number + index) % 2 === 0);
      [expected] = transition(machine, expected, { at: 0, ...event } as never) as [AnyMachineSnapshot, unknown];
      way += `${JSON.stringify(event)}\n`;
      if (seen.has(way)) continue;
      seen.add(way);
      await compare(id, expected);
    }
  }
  // Those in which a task rests; it passes through the others.
  expect(refusedIn.size).toBeGreaterThan(80);
  expect(system.faults).toEqual([]);
  expect((await system.runtime.verify()).differences).toEqual([]);
  await close();
}, 240_000);
