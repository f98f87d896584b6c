/** Beside the chart: why the task is here, what would move it, gates, runs, costs, links. */
import { useSelector } from '@xstate/store-react';
import { memo } from 'react';
import type { Move, Task } from '../../api/types.ts';
import { amount } from '../../format.ts';
import { useActing } from '../../parts/act.tsx';
import { Link } from '../../parts/link.tsx';
import { Verdict } from '../../parts/standing.tsx';
import { Deadline, Duration, Instant, Money } from '../../parts/when.tsx';
import { decisionKeys, useDecisionKeys } from '../../state/decision-keys.ts';
import { sessionStore } from '../../state/session.ts';
import { hasEnded } from '../../state/tasks.ts';
import { useTexts } from '../../texts/index.ts';
import { visible } from '../../visible.ts';
import { KillButton } from '../agents/kill.tsx';
import { Fork } from './fork.tsx';

/** Of a task that is still the same it says the same. */
export const Side = memo(function Side({ task, at, again }: { task: Task; at: number | null; again(): void }) {
  const texts = useTexts();
  const isPast = at !== null;
  return (
    <aside className="side" aria-label={task.id}>
      <section>
        <h2>{texts.task.why}</h2>
        <p>{visible(task.why)}</p>
        {task.deadline !== null && (
          <p className="meta">
            <Deadline {...task.deadline} />
          </p>
        )}
        {task.questions !== null && (
          <>
            <h3>{texts.task.questions}</h3>
            <pre tabIndex={0} className="prose">
              {visible(task.questions)}
            </pre>
          </>
        )}
        {task.blockedBy.length > 0 && (
          <p>
            {texts.task.blockedBy}{' '}
            {task.blockedBy.map(id => (
              <Link key={id} to={`/tasks/${encodeURIComponent(id)}`}>
                {id}
              </Link>
            ))}
          </p>
        )}
      </section>
      {isPast ? <PastMoves task={task} at={at} /> : <Moves task={task} />}
      <Gates task={task} />
      <Runs task={task} again={again} isPast={isPast} />
      <Costs task={task} />
      <Links task={task} />
      {task.noticed.length > 0 && (
        <section>
          <h2>{texts.task.noticed}</h2>
          {task.noticed.map(({ stage, text, at }) => (
            <p key={`${at} ${text}`}>
              {stage}: {text}
            </p>
          ))}
        </section>
      )}
    </aside>
  );
});

function Moves({ task }: { task: Task }) {
  const { task: words, actions, session } = useTexts();
  const role = useSelector(sessionStore, ({ context }) => context.who?.role);
  const acting = useActing({ taskId: task.id, question: task.asks?.number ?? null });
  const mayAct = role !== 'viewer';
  const { moves } = task;
  useDecisionKeys(moves, mayAct, acting.open);
  return (
    <section>
      <h2>{words.moves}</h2>
      {moves.length === 0 && <p className="meta">{hasEnded(task) ? words.hasEnded : words.noMoves}</p>}
      {mayAct ? (
        <div className="buttons">
          {[...moves].sort(usualFirst).map((move, index) => (
            <button
              key={move.event}
              type="button"
              className={move.isUsual && index === 0 ? 'primary' : ''}
              title={move.does}
              aria-keyshortcuts={decisionKeys[move.event]}
              onClick={() => acting.open(move)}
            >
              {actions[move.event] ?? move.event}
            </button>
          ))}
          <Fork task={task} at={null} />
        </div>
      ) : (
        <>
          <p className="meta">{session.mayOnlyLook}</p>
          <ul>
            {moves.map(({ event, does }) => (
              <li key={event}>
                {actions[event] ?? event}: {does}
              </li>
            ))}
          </ul>
        </>
      )}
      {task.asks?.kind === 'approval' && task.head !== '' && (
        <p>
          <Link to={`/tasks/${encodeURIComponent(task.id)}?show=changes`}>{words.seeChanges}</Link>
        </p>
      )}
      {acting.panel}
    </section>
  );
}

/** Of the past nothing can be moved; one can only go on from it anew. */
function PastMoves({ task, at }: { task: Task; at: number }) {
  const role = useSelector(sessionStore, ({ context }) => context.who?.role);
  return role === 'viewer' ? null : (
    <section>
      <Fork task={task} at={at} />
    </section>
  );
}

const usualFirst = (a: Move, b: Move) => Number(b.isUsual) - Number(a.isUsual);

function Gates({ task: { verdicts } }: { task: Task }) {
  const { task: words } = useTexts();
  const all = Object.values(verdicts);
  return (
    <section>
      <h2>{words.gates}</h2>
      {all.length === 0 && <p className="meta">{words.noGates}</p>}
      {all.map(({ gate, verdict, detail, stage, codeTree, by, at, concerns = [] }) => (
        <details key={gate} className="gate">
          <summary>
            <b>{gate}</b> <Verdict verdict={verdict} /> <span className="meta">{stage}</span>
          </summary>
          <pre tabIndex={0} className="prose">
            {visible(detail)}
          </pre>
          {concerns.length > 0 && <p>{concerns.join(', ')}</p>}
          <p className="meta">
            {by} · <Instant at={new Date(at).toISOString()} /> · <code>{codeTree.slice(0, 12)}</code>
          </p>
        </details>
      ))}
    </section>
  );
}

function Runs({ task, isPast, again }: { task: Task; isPast: boolean; again(): void }) {
  const { task: words, runs: texts } = useTexts();
  return (
    <section>
      <h2>{words.runs}</h2>
      {task.runs.length === 0 && <p className="meta">{words.noRuns}</p>}
      {[...task.runs].reverse().map(run => (
        <p key={run.agentId} className={`run ${run.status}`}>
          <Link to={`/tasks/${encodeURIComponent(task.id)}?show=output&run=${encodeURIComponent(run.agentId)}`}>
            {run.stage} · {run.agent}
          </Link>{' '}
          <span>{texts.status[run.status]}</span>{' '}
          <span className="meta">
            {run.attempt > 1 && `${texts.attempt(run.attempt)} · `}
            {run.startedAt !== undefined && (
              <Duration ms={Date.parse(run.completedAt ?? new Date().toISOString()) - Date.parse(run.startedAt)} />
            )}
          </span>
          {(run.why ?? run.error) !== undefined && <span className="meta"> {run.why ?? run.error}</span>}
          {!isPast && run.status === 'running' && <KillButton agentId={run.agentId} onKilled={again} />}
        </p>
      ))}
    </section>
  );
}

function Costs({ task: { stageSpent, spent, usage } }: { task: Task }) {
  const { task: words } = useTexts();
  const stages = Object.entries(stageSpent);
  return (
    <section>
      <h2>{words.costs}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.stage}</th>
            <th scope="col">{words.time}</th>
            <th scope="col">{words.tokens}</th>
            <th scope="col">{words.money}</th>
          </tr>
        </thead>
        <tbody>
          {stages.map(([stage, { timeMs, tokens, moneyUsd }]) => (
            <tr key={stage}>
              <td>{stage}</td>
              <td>
                <Duration ms={timeMs} />
              </td>
              <td>{amount(tokens)}</td>
              <td>
                <Money usd={moneyUsd} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{words.total}</th>
            <td>
              <Duration ms={spent.timeMs} />
            </td>
            <td>{amount(spent.tokens)}</td>
            <td>
              <Money usd={usage.costUsd} />
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function Links({ task }: { task: Task }) {
  const { task: words, fork } = useTexts();
  const { forge, source, branch, target, base, head, merged, repository } = task;
  const rows: [string, React.ReactNode][] = [
    [words.branch, <code key="branch">{branch}</code>],
    [words.target, <code key="target">{target}</code>],
    ...(base === '' ? [] : [[words.base, <code key="base">{base.slice(0, 12)}</code>] as [string, React.ReactNode]]),
    ...(head === '' ? [] : [[words.head, <code key="head">{head.slice(0, 12)}</code>] as [string, React.ReactNode]]),
    ...(merged === null
      ? []
      : [[words.merged, <code key="merged">{merged.commit.slice(0, 12)}</code>] as [string, React.ReactNode]]),
    [words.repository, <code key="repository">{repository}</code>],
  ];
  return (
    <section>
      <h2>{words.links}</h2>
      <dl className="facts">
        {forge?.pullRequest != null && (
          <Fact name={words.pullRequest}>
            <Outside url={forge.pullRequest.url}>#{forge.pullRequest.number}</Outside>
          </Fact>
        )}
        {source !== null && (
          <Fact name={words.workItem}>
            {source.url === null ? source.key : <Outside url={source.url}>{source.key}</Outside>}
          </Fact>
        )}
        {task.forkedFrom !== null && (
          <Fact name={fork.from}>
            <Link to={`/tasks/${encodeURIComponent(task.forkedFrom.taskId)}?at=${task.forkedFrom.seq}`}>
              {task.forkedFrom.taskId}
            </Link>
          </Fact>
        )}
        {task.forks.length > 0 && (
          <Fact name={fork.forks}>
            {task.forks.map(id => (
              <Link key={id} to={`/tasks/${encodeURIComponent(id)}`}>
                {id}{' '}
              </Link>
            ))}
          </Fact>
        )}
        {rows.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
      <p>
        <a href={`/tasks/${encodeURIComponent(task.id)}/snapshot`}>{words.json}</a> ·{' '}
        <a href={`/inspector?task=${encodeURIComponent(task.id)}`}>Stately</a>
      </p>
    </section>
  );
}

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** What a forge or tracker has told as its address; nothing but the web is followed. */
const Outside = ({ url, children }: { url: string; children: React.ReactNode }) =>
  /^https?:\/\//.test(url) ? (
    <a href={url} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  ) : (
    <span>{children}</span>
  );
