/** The runs of a task: which there are, and what one of them has printed and was asked. */
import { lazy, Suspense, useState } from 'react';
import { segment } from '../../api/ask.ts';
import type { AgentView } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { narrow } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { visible } from '../../visible.ts';

const LogView = lazy(() => import('../../log/view.tsx'));

export default function Output({ runs, chosen }: { runs: readonly AgentView[]; chosen: string | undefined }) {
  const texts = useTexts();
  const run = runs.find(({ agentId }) => agentId === chosen) ?? runs.at(-1);
  if (run === undefined) return <p className="empty">{texts.task.noRuns}</p>;
  return (
    <section aria-label={texts.task.runs}>
      <div className="row">
        <select
          aria-label={texts.task.runs}
          value={run.agentId}
          onChange={({ target }) => narrow({ run: target.value })}
        >
          {runs.map(({ agentId, stage, agent, status }) => (
            <option key={agentId} value={agentId}>
              {stage} · {agent} · {texts.runs.status[status]}
            </option>
          ))}
        </select>
        <code>{run.agentId}</code>
      </div>
      <RunOutput key={run.agentId} agentId={run.agentId} />
    </section>
  );
}

/** What one run has printed; the prompt that it got is a press away. */
export function RunOutput({ agentId }: { agentId: string }) {
  const texts = useTexts();
  const [isPrompt, setPrompt] = useState(false);
  return (
    <>
      <div className="row">
        <button type="button" className="quiet" aria-pressed={!isPrompt} onClick={() => setPrompt(false)}>
          {texts.runs.output}
        </button>
        <button type="button" className="quiet" aria-pressed={isPrompt} onClick={() => setPrompt(true)}>
          {texts.runs.prompt}
        </button>
      </div>
      <Suspense fallback={<p className="reading">{texts.reading}</p>}>
        {isPrompt ? <Prompt agentId={agentId} /> : <LogView agentId={agentId} />}
      </Suspense>
    </>
  );
}

function Prompt({ agentId }: { agentId: string }) {
  const texts = useTexts();
  const { value, error, again } = useRead<{ text: string }>(`/agents/${segment(agentId)}/prompt`);
  if (error !== undefined) return <Failed error={error} again={again} />;
  return value === undefined ? (
    <p className="reading">{texts.reading}</p>
  ) : (
    <pre tabIndex={0} className="prompt">
      {visible(value.text)}
    </pre>
  );
}
