/** One run: how it stands, what it prints, what it was asked. */
import { segment } from '../../api/ask.ts';
import type { AgentView as Run } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Age, Money } from '../../parts/when.tsx';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { RunOutput } from '../task/output.tsx';
import { KillButton } from './kill.tsx';

export default function AgentView({ id }: { id: string }) {
  const texts = useTexts();
  const {
    value: run,
    error,
    again,
  } = useRead<Run>(`/agents/${segment(id)}`, {
    when: ({ actorId }) => actorId === id,
  });
  if (error !== undefined && run === undefined) return <Failed error={error} again={again} />;
  if (run === undefined) return <p className="reading">{texts.reading}</p>;
  return (
    <section className="page">
      <h1>
        <span className="id">{run.agentId}</span>
      </h1>
      <p className="meta">
        <Link to={`/tasks/${encodeURIComponent(run.taskId)}`}>{run.taskId}</Link> · {run.stage} · {run.agent} ·{' '}
        {texts.runs.status[run.status]} · <code>{run.state}</code> · <Money usd={run.usage.costUsd} /> ·{' '}
        <Age at={run.completedAt ?? run.startedAt ?? run.spawnedAt} />
      </p>
      {(run.why ?? run.error) !== undefined && <p>{run.why ?? run.error}</p>}
      {run.status === 'running' && <KillButton agentId={run.agentId} onKilled={again} />}
      <RunOutput agentId={run.agentId} />
    </section>
  );
}
