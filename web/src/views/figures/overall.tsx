/** The figures of all tasks of a time, over time, and by project. */
import { duration } from '../../format.ts';
import { Link } from '../../parts/link.tsx';
import { Money } from '../../parts/when.tsx';
import { useTexts } from '../../texts/index.ts';
import type { FiguresShown } from './figures.tsx';
import { percent, Table, TasksOf } from './tasks-of.tsx';

type Summary = FiguresShown['overall'];

const ms = (value: number | null) => (value === null ? '–' : duration(value));

export function Overall({ overall }: { overall: Summary }) {
  const { figures, standing } = useTexts();
  const { done, failed, cancelled, living, leadTime, rework, verdicts, spent } = overall;
  const shown: [string, React.ReactNode, string][] = [
    [standing.done, <TasksOf key="done" {...done} />, ''],
    [standing.failed, <TasksOf key="failed" {...failed} />, ''],
    [standing.cancelled, <TasksOf key="cancelled" {...cancelled} />, ''],
    [figures.living, <TasksOf key="living" {...living} />, ''],
    [figures.leadTime, ms(leadTime.medianMs), figures.ninety(ms(leadTime.p90Ms))],
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
      <Table
        title={figures.overTime}
        heads={[
          figures.period,
          standing.done,
          standing.failed,
          standing.cancelled,
          figures.leadTime,
          figures.rework,
          figures.passRate,
          figures.cost,
        ]}
      >
        {[...periods]
          .reverse()
          .filter(period => ends.some(end => period[end].total > 0) || period.living.total > 0)
          .map(({ period, done, failed, cancelled, leadTime, rework, verdicts, spent }) => (
            <tr key={period}>
              <th scope="row">{period}</th>
              <td>
                <TasksOf {...done} />
              </td>
              <td>
                <TasksOf {...failed} />
              </td>
              <td>
                <TasksOf {...cancelled} />
              </td>
              <td>{ms(leadTime.medianMs)}</td>
              <td>{rework.count}</td>
              <td>{percent(verdicts.passRate)}</td>
              <td>
                <Money usd={spent.costUsd} />
              </td>
            </tr>
          ))}
      </Table>
    </>
  );
}

export function Projects({ projects }: { projects: FiguresShown['projects'] }) {
  const { figures, board, standing } = useTexts();
  return (
    <Table
      title={figures.byProject}
      heads={[
        board.project,
        standing.done,
        standing.failed,
        figures.leadTime,
        figures.rework,
        figures.passRate,
        figures.cost,
      ]}
    >
      {projects.map(({ project, done, failed, leadTime, rework, verdicts, spent }) => (
        <tr key={project}>
          <th scope="row">
            <Link to={`/figures?project=${encodeURIComponent(project)}`}>{project}</Link>
          </th>
          <td>
            <TasksOf {...done} />
          </td>
          <td>
            <TasksOf {...failed} />
          </td>
          <td>{ms(leadTime.medianMs)}</td>
          <td>{rework.count}</td>
          <td>{percent(verdicts.passRate)}</td>
          <td>
            <Money usd={spent.costUsd} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
