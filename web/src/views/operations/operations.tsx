/** What keeps work going, and what stands in its way: queue, breakers, leases, what was not delivered, what came in. */
import { Tabs } from '../../parts/tabs.tsx';
import { useTexts } from '../../texts/index.ts';
import { Configuration } from './configuration.tsx';
import { Connections } from './connections.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { Deliveries } from './deliveries.tsx';
import { QueueParts } from './queue.tsx';

const parts = ['queue', 'connections', 'deliveries', 'dead-letters', 'configuration'] as const;
type Part = (typeof parts)[number];

export default function OperationsView({ part }: { part: string | null }) {
  const texts = useTexts();
  const shown: Part = parts.find(known => known === part) ?? 'queue';
  const names: Record<Part, string> = {
    queue: texts.operations.queue,
    connections: texts.operations.connections,
    'dead-letters': texts.operations.deadLetters,
    deliveries: texts.operations.deliveries,
    configuration: texts.operations.configuration,
  };
  return (
    <section className="page">
      <h1>{texts.views.operations}</h1>
      <Tabs
        label={texts.views.operations}
        tabs={parts.map(name => ({ name, label: names[name], to: `/operations/${name}` }))}
        shown={shown}
      />
      {shown === 'queue' && <QueueParts />}
      {shown === 'connections' && <Connections />}
      {shown === 'dead-letters' && <DeadLetters />}
      {shown === 'deliveries' && <Deliveries />}
      {shown === 'configuration' && <Configuration />}
    </section>
  );
}
