/** The log as a line on which one goes to any instant; everything above shows the task as of then. */
import type { LogEntry } from '../../api/types.ts';
import { Instant } from '../../parts/when.tsx';
import { narrow } from '../../state/place.ts';
import { useTexts } from '../../texts/index.ts';

export function Scrubber({ log, at }: { log: readonly LogEntry[]; at: LogEntry | null }) {
  const { time } = useTexts();
  const last = log.at(-1);
  if (last === undefined) return null;
  const seq = at?.seq ?? last.seq;
  const to = (next: number) => narrow({ at: next >= last.seq ? '' : String(Math.max(1, next)) });
  const shown = at ?? last;
  return (
    <div className="scrubber">
      <button type="button" className="quiet" disabled={seq <= 1} onClick={() => to(seq - 1)} aria-label={time.earlier}>
        ‹
      </button>
      <input
        type="range"
        min={1}
        max={last.seq}
        value={seq}
        aria-label={time.scrub}
        aria-valuetext={`${time.entry(seq, last.seq)}, ${shown.type}, ${shown.to}`}
        onChange={({ target }) => to(Number(target.value))}
      />
      <button
        type="button"
        className="quiet"
        disabled={at === null}
        onClick={() => to(seq + 1)}
        aria-label={time.later}
      >
        ›
      </button>
      <span className="meta">
        {time.entry(seq, last.seq)} · <Instant at={shown.at} /> · <code>{shown.type}</code>
      </span>
    </div>
  );
}
