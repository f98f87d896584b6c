/** How many tasks a figure is made of, as a link to them. */
import { duration } from '../../format.ts';
import { Link } from '../../parts/link.tsx';
import { useTexts } from '../../texts/index.ts';

export interface Named {
  total: number;
  tasks: readonly string[];
}

export function TasksOf({ total, tasks }: Named) {
  const { board } = useTexts();
  if (total === 0) return <span className="meta">0</span>;
  return (
    <Link to={`/board?ids=${encodeURIComponent(tasks.join(','))}`} title={board.count(total)}>
      {total}
    </Link>
  );
}

/** A table of figures, wide enough to be scrolled on a phone. */
export function Table({
  title,
  heads,
  children,
}: {
  title: string;
  heads: readonly string[];
  children: React.ReactNode;
}) {
  return (
    <section>
      <h2>{title}</h2>
      {/* What scrolls is reached by the keyboard. */}
      <div className="scrolled" tabIndex={0} role="group" aria-label={title}>
        <table>
          <thead>
            <tr>
              {heads.map(head => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </section>
  );
}

export const percent = (share: number | null) => (share === null ? '–' : `${Math.round(share * 100)} %`);

/** A span of time; a dash for none. */
export const span = (ms: number | null) => (ms === null ? '–' : duration(ms));
