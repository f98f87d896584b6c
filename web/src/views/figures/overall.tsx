/** The figures of all tasks of a time, over time, and by project. */
import { Link } from '../../parts/link.tsx';
import { Money } from '../../parts/when.tsx';
import { useTexts } from '../../texts/index.ts';
import type { FiguresShown } from './figures.tsx';
import { percent, span, Table, TasksOf } from './tasks-of.tsx';

type Summary = FiguresShown['overall'];

export function Overall({ overall }: { overall: Summary }) {
  const { figures, standing } = useTexts();
  const { done, failed, cancelled, living, leadTime, rework, verdicts, spent } = overall;
  const shown: [string, React.ReactNode, string][] = [
    [standing.done, <TasksOf key="done" {...done} />, ''],
    [standing.failed, <TasksOf key="failed" {...failed} />, ''],
    [standing.cancelled, <TasksOf key="cancelled" {...cancelled} />, ''],
    [figures.living, <TasksOf key="living" {...living} />, ''],
    [figures.leadTime, span(leadTime.medianMs), figures.ninety(span(leadTime.p90Ms))],
    [figures.rework, <TasksOf key="rework" {...rework} total={rework.count} />, figures.tasks(rework.total)],
    [figures.passRate, percent(verdicts.passRate), figures.verdicts(verdicts.pass, verdicts.fail)],
    [figures.cost, <Money key="cost" usd={spent.costUsd} />, figures.runs(spent.runs)],
  ];
  return (
    <dl className="tiles">
      {shown.map(([name, value, about]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          <dd className="meta">{about}</dd>
        </div>
      ))}
    </dl>
  );
}

const chart = { height: 96, bar: 14, gap: 4 };

/** How many have ended, and how. The table beside it says the same to whoever does not see it. */
export function Periods({ periods }: { periods: FiguresShown['periods'] }) {
  const { figures, standing } = useTexts();
  const ends = ['done', 'failed', 'cancelled'] as const;
  const hasEnds = periods.some(period => ends.some(end => period[end].total > 0));
  const most = Math.max(1, ...periods.map(period => ends.reduce((sum, end) => sum + period[end].total, 0)));
  const width = periods.length * (chart.bar + chart.gap);
  return (
    <>
      {hasEnds && (
        <section>
          <h2>{figures.throughput}</h2>
          <svg
            className="bars"
            viewBox={`0 0 ${width} ${chart.height}`}
            height={chart.height}
            role="img"
            aria-label={figures.throughput}
          >
            {periods.map((period, index) => {
              let y = chart.height;
              return ends.map(end => {
                const height = (period[end].total / most) * (chart.height - 4);
                y -= height;
                return (
                  <rect
                    key={`${period.period} ${end}`}
                    className={end}
                    x={index * (chart.bar + chart.gap)}
                    y={y}
                    width={chart.bar}
                    height={height}
                  >
                    <title>{`${period.period}: ${standing[end]} ${period[end].total}`}</title>
                  </rect>
                );
              });
            })}
          </svg>
        </section>
      )}
      <Summaries
        title={figures.overTime}
        head={figures.period}
        ends={ends}
        rows={[...periods]
          .reverse()
          .filter(period => ends.some(end => period[end].total > 0) || period.living.total > 0)
          .map(summary => ({ key: summary.period, head: summary.period, summary }))}
      />
    </>
  );
}

export function Projects({ projects }: { projects: FiguresShown['projects'] }) {
  const { figures, board } = useTexts();
  return (
    <Summaries
      title={figures.byProject}
      head={board.project}
      ends={['done', 'failed']}
      rows={projects.map(summary => ({
        key: summary.project,
        head: <Link to={`/figures?project=${encodeURIComponent(summary.project)}`}>{summary.project}</Link>,
        summary,
      }))}
    />
  );
}

interface SummariesProps {
  title: string;
  /** What the rows are. */
  head: string;
  /** How tasks end, each in a column. */
  ends: readonly ('done' | 'failed' | 'cancelled')[];
  rows: readonly { key: string; head: React.ReactNode; summary: Summary }[];
}

/** Sets of tasks under one another. */
function Summaries({ title, head, ends, rows }: SummariesProps) {
  const { figures, standing } = useTexts();
  const { leadTime, rework, passRate, cost } = figures;
  return (
    <Table title={title} heads={[head, ...ends.map(end => standing[end]), leadTime, rework, passRate, cost]}>
      {rows.map(({ key, head: name, summary }) => (
        <tr key={key}>
          <th scope="row">{name}</th>
          {ends.map(end => (
            <td key={end}>
              <TasksOf {...summary[end]} />
            </td>
          ))}
          <td>{span(summary.leadTime.medianMs)}</td>
          <td>{summary.rework.count}</td>
          <td>{percent(summary.verdicts.passRate)}</td>
          <td>
            <Money usd={summary.spent.costUsd} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
