/** What is so at the moment of a scrape, as gauges. */
import { Gauge, type Registry } from '@prometheus-io/client';
import { breakerStates } from '../machines/breaker.ts';
import { closeDay } from '../machines/ledger.ts';
import { projectsIn, stageIn, standings } from '../machines/standing.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import type { TagCount } from '../persistence/store.ts';
import type { Facts } from './facts.ts';
import type { Names } from './names.ts';

type Row<Label extends string> = [labels: Record<Label, string>, value: number];

/** Gauges that show what they were given last. */
export function createGauges(registry: Registry, names: Names): { show(facts: Facts): void } {
  const showTasks = createTaskGauges(registry, names);
  const showWorker = createWorkerGauges(registry, names);
  const showEngine = createEngineGauges(registry);
  const breakers = createSeries(registry, {
    name: 'signalbox_breaker_state',
    help: 'Whether the breaker of a provider is in this state: 1 or 0.',
    labelNames: ['provider', 'state'],
  });
  return {
    show(facts) {
      showTasks(facts.tasks);
      showWorker(facts.worker, facts.at);
      showEngine(facts);
      breakers(
        facts.breakers.flatMap(({ provider, state: now }) =>
          breakerStates.map((state): Row<'provider' | 'state'> => {
            return [{ provider: names('provider', provider), state }, now === state ? 1 : 0];
          }),
        ),
      );
    },
  };
}

function createTaskGauges(registry: Registry, names: Names) {
  const byStanding = createSeries(registry, {
    name: 'signalbox_tasks',
    help: 'Tasks by how they stand, those that have ended too.',
    labelNames: ['standing'],
  });
  const byProject = createSeries(registry, {
    name: 'signalbox_project_tasks',
    help: 'Tasks of each project that live and that have ended.',
    labelNames: ['project', 'status'],
  });
  const byStage = createSeries(registry, {
    name: 'signalbox_stage_tasks',
    help: 'Living tasks by the stage that they are in.',
    labelNames: ['stage'],
  });
  return (counts: readonly TagCount[]) => {
    const numbers = new Map(counts.map(count => [count.tag, count]));
    byStanding(
      standings.map(standing => {
        const { living = 0, ended = 0 } = numbers.get(standing) ?? {};
        return [{ standing }, living + ended];
      }),
    );
    byProject(
      counts.flatMap(({ tag, living, ended }) =>
        projectsIn([tag]).flatMap((given): Row<'project' | 'status'>[] => {
          const project = names('project', given);
          return [
            [{ project, status: 'living' }, living],
            [{ project, status: 'ended' }, ended],
          ];
        }),
      ),
    );
    byStage(
      counts.flatMap(({ tag, living }): Row<'stage'>[] => {
        const stage = stageIn([tag]);
        return stage === '' || living === 0 ? [] : [[{ stage: names('stage', stage) }, living]];
      }),
    );
  };
}

function createWorkerGauges(registry: Registry, names: Names) {
  const plain = createPlain(registry);
  const waiting = plain('signalbox_runs_waiting', 'Runs that wait for a place.');
  const oldest = plain(
    'signalbox_oldest_waiting_run_seconds',
    'How long the oldest of them has waited; 0 without any.',
  );
  const running = plain('signalbox_runs_running', 'Runs that hold a place.');
  const places = plain('signalbox_run_places', 'Runs that may hold a place at once.');
  const spent = createSeries(registry, {
    name: 'signalbox_spent_today_usd',
    help: 'US dollars that runs of a project have spent since midnight UTC, as budgets count them.',
    labelNames: ['project'],
  });
  return (worker: WorkerContext | undefined, at: number) => {
    if (worker === undefined) return;
    const { queue, asked, running: started, limits, ledger } = worker;
    const since = queue.reduce((least, { queuedAt }) => Math.min(least, queuedAt), at);
    waiting.set(queue.length);
    oldest.set((at - since) / 1_000);
    running.set(started.length + asked.length);
    places.set(limits.total);
    spent(
      Object.entries(closeDay(ledger, at).projects).map(([project, { today }]) => [
        { project: names('project', project) },
        today.moneyUsd,
      ]),
    );
  };
}

function createEngineGauges(registry: Registry) {
  const plain = createPlain(registry);
  const letters = createSeries(registry, {
    name: 'signalbox_dead_letters',
    help: 'Events and actions that wait for a person, counted up to 1000 of each.',
    labelNames: ['kind'],
  });
  const store = createSeries(registry, {
    name: 'signalbox_store_bytes',
    help: 'Size of the database and of its write-ahead log.',
    labelNames: ['file'],
  });
  const disk = plain('signalbox_disk_free_bytes', 'Room that is left on the disk of the data directory.');
  const cached = plain('signalbox_actors_cached', 'Actors whose state is held in memory.');
  const jobs = plain(
    'signalbox_jobs_running',
    'Pieces of work outside the engine that run now, agent processes among them.',
  );
  const actions = plain('signalbox_actions_running', 'Named actions that are being delivered now.');
  const events = plain('signalbox_events_queued', 'Events that wait for their turn in the engine.');
  return ({ deadLetters, load, databaseBytes, walBytes, diskFreeBytes }: Facts) => {
    letters([
      [{ kind: 'event' }, deadLetters.events],
      [{ kind: 'action' }, deadLetters.actions],
    ]);
    store([
      [{ file: 'database' }, databaseBytes],
      [{ file: 'wal' }, walBytes],
    ]);
    disk.set(diskFreeBytes);
    cached.set(load.cached);
    jobs.set(load.jobs);
    actions.set(load.actions);
    events.set(load.queued);
  };
}

const createPlain = (registry: Registry) => (name: string, help: string) =>
  new Gauge({ name, help, registers: [registry] });

/**
 * A gauge that is given all its series at once; values of the same labels are added. A series that is not there any more is
 * zero: one that vanished would look like one that could not be scraped.
 */
function createSeries<Label extends string>(
  registry: Registry,
  about: { name: string; help: string; labelNames: Label[] },
): (rows: readonly Row<Label>[]) => void {
  const gauge = new Gauge({ ...about, registers: [registry] });
  const shown = new Map<string, Record<Label, string>>();
  return rows => {
    for (const [labels] of rows) shown.set(JSON.stringify(labels), labels);
    for (const labels of shown.values()) gauge.set(labels as never, 0);
    for (const [labels, value] of rows) gauge.inc(labels as never, value);
  };
}
