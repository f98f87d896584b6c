/** The queue with the reason of each run that waits, places, breakers, programs, leases and the outbox. */
import { ask, segment } from '../../api/ask.ts';
import type { Queue } from '../../api/types.ts';
import { amount } from '../../format.ts';
import { Confirmed } from '../../parts/confirmed.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Age, Duration, Instant, Money } from '../../parts/when.tsx';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

/** Kinds of actors of which this view tells. */
const kinds = ['worker', 'agentRun', 'breaker', 'preflight', 'mergeQueue'];
/** Lanes and money move without an event of their own. */
const everyMs = 10_000;

const order = (path: string, body: object, again: () => void) => async () => {
  await ask(path, { method: 'POST', body });
  again();
};

export function QueueParts() {
  const texts = useTexts();
  const { value, error, again } = useRead<Queue>('/queue', { when: ({ kind }) => kinds.includes(kind), everyMs });
  if (error !== undefined && value === undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  return (
    <>
      <Waiting queue={value} again={again} />
      <Breakers queue={value} again={again} />
      <Leases queue={value} again={again} />
      <Outbox queue={value} />
    </>
  );
}

interface PartProps {
  queue: Queue;
  again(): void;
}

function Waiting({ queue, again }: PartProps) {
  const { operations } = useTexts();
  const { running, starting, waiting, maxConcurrency, pressure, pausedProjects, isAttended, spending } = queue;
  const isDrained = queue.worker.includes('drain');
  const today = spending.ledger.today;
  return (
    <section>
      <h2>{operations.queue}</h2>
      {!isAttended && <p className="problem">{operations.unattended}</p>}
      {pressure !== null && <p className="problem">{pressure}</p>}
      <p>
        {operations.places(running.length + starting.length, maxConcurrency)} · {operations.spending}:{' '}
        <Money usd={today.moneyUsd} />, {amount(today.tokens)}, <Duration ms={today.timeMs} />
      </p>
      <div className="row">
        {isDrained ? (
          <Confirmed label={operations.resume} says={operations.resumeWhy} order={order('/queue/resume', {}, again)} />
        ) : (
          <Confirmed label={operations.pause} says={operations.pauseWhy} order={order('/queue/pause', {}, again)} />
        )}
        {Object.entries(pausedProjects).map(([project, by]) => (
          <span key={project} className="meta">
            {project}: {operations.drained} {by}
          </span>
        ))}
      </div>
      <h3>
        {operations.waiting} <span className="number">{waiting.length}</span>
      </h3>
      {waiting.length === 0 ? (
        <p className="empty">{operations.nothingWaits}</p>
      ) : (
        <ul className="rows">
          {waiting.map(({ runId, taskId, stage, agent, why, queuedAt }) => (
            <li key={runId}>
              <Link to={`/tasks/${encodeURIComponent(taskId)}`}>
                <b className="id">{taskId}</b>
              </Link>
              <span>
                {stage} · {agent}: {why}
              </span>
              <span className="meta">
                <Age at={queuedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Breakers({ queue: { resilience }, again }: PartProps) {
  const { operations } = useTexts();
  const breakers = Object.entries(resilience.breakers);
  const programs = Object.entries(resilience.preflight);
  return (
    <section>
      <h2>{operations.breakers}</h2>
      {breakers.length === 0 && <p className="empty">{operations.noBreakers}</p>}
      <ul className="rows">
        {breakers.map(([name, { state, why, retryAt, models, totals, failureCount, threshold }]) => (
          <li key={name} className={state === 'closed' ? 'passed' : 'failed'}>
            <b>{name}</b>
            <span>
              <code>{state}</code> {why}{' '}
              {retryAt !== null && (
                <span className="meta">
                  {operations.retryAt('')} <Instant at={retryAt} />
                </span>
              )}
              {models.map(model => (
                <span className="meta" key={model.name}>
                  {operations.barredModel(model.name)} <Instant at={model.until} />
                </span>
              ))}
            </span>
            <span className="meta">
              {operations.calls(totals.successes, totals.failures)}
              {failureCount > 0 && ` · ${operations.inARow(failureCount, threshold)}`}
            </span>
            {(state !== 'closed' || models.length > 0) && (
              <Confirmed
                label={operations.reset}
                says={operations.resetWhy}
                order={order(`/breakers/${segment(name)}/reset`, {}, again)}
              />
            )}
          </li>
        ))}
      </ul>
      {programs.length > 0 && <h3>{operations.preflight}</h3>}
      <ul className="rows">
        {programs.map(([name, { state, version, problem, checkedAt }]) => (
          <li key={name} className={problem === null ? 'passed' : 'failed'}>
            <b>{name}</b>
            <span>
              <code>{state}</code> {version} {problem}
            </span>
            <span className="meta">{checkedAt !== null && <Age at={checkedAt} />}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Leases({ queue: { leases }, again }: PartProps) {
  const { operations } = useTexts();
  return (
    <section>
      <h2>{operations.leases}</h2>
      {leases.length === 0 && <p className="empty">{operations.noLeases}</p>}
      <ul className="rows">
        {leases.map(({ resource, holder, heldSince, waiting }) => (
          <li key={resource}>
            <b>{resource}</b>
            <span>
              {holder === null ? operations.free : operations.held(holder)} {waiting.join(', ')}
            </span>
            <span className="meta">{heldSince !== null && <Age at={heldSince} />}</span>
            {holder !== null && (
              <Confirmed
                label={operations.release}
                says={operations.confirmLease}
                order={order(`/leases/release`, { resource }, again)}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outbox({ queue: { lanes } }: { queue: Queue }) {
  const { operations } = useTexts();
  return (
    <section>
      <h2>{operations.lanes}</h2>
      {lanes.length === 0 && <p className="empty">{operations.noLanes}</p>}
      <ul className="rows">
        {lanes.map(({ name, waiting, oldestAt }) => (
          <li key={name}>
            <b>{name}</b>
            <span>{waiting}</span>
            <span className="meta">
              <Age at={oldestAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
