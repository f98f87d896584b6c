/** Agents at work, what each does now, and those that have ended last. */

import { ask } from '../../api/ask.ts';
import type { AgentView, Answer } from '../../api/types.ts';
import { amount } from '../../format.ts';
import { Confirmed } from '../../parts/confirmed.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Age, Money } from '../../parts/when.tsx';
import { itemMark, useListKeys } from '../../state/list-keys.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { visible } from '../../visible.ts';
import { KillButton } from './kill.tsx';

type Agents = Answer<'agent.list'>;

export default function AgentsView() {
  const texts = useTexts();
  const when = ({ kind }: { kind: string }) => kind === 'agentRun';
  const { value, error, again } = useRead<Agents>('/agents', { query: { limit: 200 }, when });
  useListKeys();
  if (error !== undefined && value === undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  const isAtWork = ({ status }: AgentView) => status === 'spawning' || status === 'running';
  const atWork = value.items.filter(isAtWork);
  const ended = value.items.filter(run => !isAtWork(run));
  const running = atWork.filter(({ status }) => status === 'running').length;
  return (
    <section className="page">
      <h1>{texts.views.agents}</h1>
      <div className="row">
        <h2>
          {texts.runs.atWork} <span className="number">{atWork.length}</span>
        </h2>
        {running > 0 && (
          <Confirmed
            label={texts.runs.killAll}
            says={texts.runs.killAllWhy(running)}
            order={async () => {
              await ask('/agents/kill-all', { method: 'POST', body: {} });
              again();
            }}
          />
        )}
      </div>
      {atWork.length === 0 ? <p className="empty">{texts.runs.none}</p> : <Runs runs={atWork} again={again} />}
      <h2>{texts.runs.recent}</h2>
      {ended.length === 0 ? <p className="empty">{texts.runs.noneEnded}</p> : <Runs runs={ended} again={again} />}
    </section>
  );
}

function Runs({ runs, again }: { runs: readonly AgentView[]; again(): void }) {
  const texts = useTexts();
  return (
    <ul className="rows">
      {runs.map(run => (
        <li key={run.agentId} className={run.status}>
          <Link to={`/agents/${encodeURIComponent(run.agentId)}`} {...itemMark}>
            <b className="id">{run.agentId}</b>
          </Link>
          <span>
            <b>{run.agent}</b> {run.model !== null && <span className="meta">{run.model}</span>}{' '}
            {texts.runs.status[run.status]}
            {sayingOf(run) !== '' && `: ${visible(sayingOf(run))}`}
          </span>
          <span className="meta">
            {run.attempt > 1 && `${texts.runs.attempt(run.attempt)} · `}
            {run.contextUsed !== null && `${texts.runs.contextUsed(`${Math.round(run.contextUsed * 100)} %`)} · `}
            {amount(run.usage.inputTokens + run.usage.outputTokens)} · <Money usd={run.usage.costUsd} /> ·{' '}
            <Age at={run.completedAt ?? run.startedAt ?? run.spawnedAt} />
          </span>
          {run.status === 'running' && <KillButton agentId={run.agentId} onKilled={again} />}
        </li>
      ))}
    </ul>
  );
}

const sayingOf = ({ why, error, activity }: AgentView) => why ?? error ?? activity;
