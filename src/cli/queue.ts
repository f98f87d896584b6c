/** `signalbox queue`: what runs, what waits and why, breakers and merge leases. */
import { Command } from 'commander';
import { readQueue } from '../commands/queue.ts';
import { type CommonOptions, withApp, withCommonOptions } from './command.ts';
import { print, printJson, table } from './output.ts';

export function queueCommand(): Command {
  return withCommonOptions(new Command('queue').description('what runs, what waits and why')).action(
    async ({ json, data }: CommonOptions) => {
      const queue = await withApp({ data, mode: 'read' }, app => readQueue(app));
      if (json) return printJson(queue);
      const { counts, maxConcurrency, waiting, running, resilience, leases } = queue;
      const isIdle = queue.worker === 'draining.forShutdown';
      if (isIdle) print('Nobody works on this data now; "signalbox run --repo PATH --id ID" goes on.');
      print(`worker ${queue.worker}: ${counts.running} of ${maxConcurrency} places taken, ${counts.queued} queued`);
      const rows = [
        ...running.map(run => [run.runId, 'running', '']),
        ...queue.backoff.map(run => [run.agentId, 'backoff', run.error ?? '']),
        ...waiting.map(run => [run.runId, `queued (priority ${run.priority})`, run.why]),
      ];
      if (rows.length > 0) print(table(['RUN', 'STATE', 'WHY'], rows));
      for (const [name, breaker] of Object.entries(resilience.breakers)) {
        print(`breaker ${name}: ${breaker.state}, ${breaker.failureCount} of ${breaker.threshold} failures`);
      }
      for (const lease of leases) {
        print(
          `lease ${lease.resource}: ${lease.holder ?? 'free'}${lease.waiting.length > 0 ? `, then ${lease.waiting.join(', ')}` : ''}`,
        );
      }
    },
  );
}
