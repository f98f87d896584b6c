/**
 * What is observed of Signalbox from outside, in the text format of Prometheus. What happens is counted as it is committed;
 * how things stand is read when somebody scrapes. Labels name what is configured and what machines know, never a task.
 */
import { Gauge, Histogram, Registry } from '@prometheus-io/client';
import { contextOf } from '../app/context.ts';
import type { App } from '../app/open.ts';
import type { AgentRunContext } from '../machines/agent-run-context.ts';
import type { RuntimeObserver, TransitionListener } from '../runtime/index.ts';
import { readFacts } from './facts.ts';
import { createGauges } from './gauges.ts';
import { createNames } from './names.ts';
import { processRegistry } from './process.ts';
import { createRequestCounts, type ServedRequest } from './requests.ts';
import { createWorkCounts } from './work.ts';

export interface MetricsOptions {
  /** Of Signalbox. */
  version: string;
  /** Milliseconds since the epoch. */
  now?(): number;
  /** Something that happened could not be counted. */
  onFault?(error: unknown): void;
}

export interface Metrics {
  /** For `openApp`, so that nothing is missed from the first commit on. */
  readonly listener: TransitionListener;
  /** For the observer of `openApp`. */
  readonly onCommit: NonNullable<RuntimeObserver['onCommit']>;
  /** The data whose state a scrape shows, once it is open. */
  attach(app: App): void;
  observeRequest(request: ServedRequest): void;
  /** Another client follows what happens, or one fewer; `kind` is how, such as `sse`. */
  clients(kind: string, by: 1 | -1): void;
  /** Everything, as it is now. Throws what the store throws when it cannot be read. */
  text(): Promise<string>;
  /** Of `text`. */
  readonly contentType: string;
  /** Counts nothing any more, and forgets what it has counted. */
  close(): void;
}

export function createMetrics({ version, now = Date.now, onFault = () => {} }: MetricsOptions): Metrics {
  const registry = new Registry();
  const names = createNames();
  const opened = Promise.withResolvers<App>();
  let app: App | undefined;
  let isClosed = false;

  const gauges = createGauges(registry, names);
  const requests = createRequestCounts(registry, names);
  const onCommit = createCommitCounts(registry);
  const work = createWorkCounts({
    registry,
    names,
    async runOf(id) {
      const row = await (await opened.promise).runtime.actor(id);
      return row && contextOf<AgentRunContext>(row);
    },
    onFault,
  });
  new Gauge({
    name: 'signalbox_build_info',
    help: 'Always 1; the label says which version runs.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);

  return {
    listener: transition => void (isClosed || work.hear(transition)),
    onCommit: commit => void (isClosed || onCommit(commit)),
    attach(data) {
      app = data;
      opened.resolve(data);
    },
    ...requests,
    async text() {
      if (app !== undefined) {
        await work.settled();
        gauges.show(await readFacts(app, now()));
      }
      return Registry.merge([registry, processRegistry()]).metrics();
    },
    contentType: registry.contentType,
    close() {
      isClosed = true;
      registry.clear();
    },
  };
}

function createCommitCounts(registry: Registry): Metrics['onCommit'] {
  const latency = new Histogram({
    name: 'signalbox_commit_duration_seconds',
    help: 'How long the store took for a commit.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const batch = new Histogram({
    name: 'signalbox_commit_transitions',
    help: 'How many transitions a commit held.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: [registry],
  });
  return ({ ms, transitions }) => {
    latency.observe(ms / 1_000);
    batch.observe(transitions);
  };
}
