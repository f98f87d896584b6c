/** The state of the worker: what runs, what waits and why, breakers, leases, the last runs. */
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { workerId } from '../machines/addresses.ts';
import { closeDay } from '../machines/ledger.ts';
import { noPlan, openLedger, type WorkerContext } from '../machines/worker-context.ts';
import type { Runtime } from '../runtime/index.ts';
import { operation } from './operation.ts';
import { viewOfRun } from './views/agent.ts';
import { queueView, readBreakers, readLeases, readPreflights } from './views/queue.ts';
import { reasonsIn, tagsOfWorker } from './views/reasons.ts';
import { timeOf } from './views/time.ts';

export const queueShow = operation({
  name: 'queue.show',
  summary: 'what runs, what waits and why',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: queueView,
  route: { method: 'GET', path: '/queue', status: 200 },
  async run(app) {
    const { runtime } = app;
    const worker = await runtime.actor(workerId);
    const context = worker === undefined ? undefined : contextOf<WorkerContext>(worker);
    const { queue = [], asked = [], running = [] } = context ?? {};
    const tags = worker === undefined ? ['unattended'] : tagsOfWorker(worker, app);
    const reasons = new Map(worker && reasonsIn(worker, tags).map(reason => [reason.runId, reason]));
    const backoff = await runtime.list({ kind: 'agentRun', tags: ['backoff'], limit: 100 });
    const recent = await runtime.list({ kind: 'agentRun', status: 'ended', limit: 10 });
    return {
      worker: worker?.state ?? 'not started',
      isAttended: !tags.includes('unattended'),
      counts: { ...(await countsOf(runtime)), queued: queue.length, running: running.length + asked.length },
      maxConcurrency: context?.limits.total ?? 0,
      running: running.map(timed),
      starting: asked.map(timed),
      waiting: queue.map(run => {
        const { why = '', remedy = null } = reasons.get(run.runId) ?? {};
        return { ...timed(run), why, remedy };
      }),
      backoff: backoff.map(row => viewOfRun(row)),
      pressure: context?.pressure ?? null,
      pausedProjects: context?.pausedProjects ?? {},
      configuration: context?.configuration ?? null,
      spending: { budgets: context?.budgets ?? noPlan, ledger: closeDay(context?.ledger ?? openLedger, Date.now()) },
      resilience: { breakers: await readBreakers(runtime), preflight: await readPreflights(runtime) },
      lanes: (await runtime.lanes()).map(({ lane, open, oldestAt }) => ({
        name: lane,
        waiting: open,
        oldestAt: timeOf(oldestAt),
      })),
      leases: await readLeases(runtime),
      recent: recent.map(row => viewOfRun(row)),
    };
  },
});

const timed = <Run extends { queuedAt: number }>({ queuedAt, ...run }: Run) => ({ ...run, queuedAt: timeOf(queuedAt) });

async function countsOf(runtime: Runtime) {
  const counts = new Map((await runtime.counts('agentRun')).map(count => [count.tag, count]));
  return {
    backoff: counts.get('backoff')?.living ?? 0,
    done: counts.get('completed')?.ended ?? 0,
    failed: (counts.get('failed')?.ended ?? 0) + (counts.get('killed')?.ended ?? 0),
  };
}
