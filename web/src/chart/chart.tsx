/**
 * A machine drawn, with what happens in it: where its actor is, and which ways it has taken. Where everything lies comes
 * with the chart, once for each definition; what happens changes classes and numbers alone.
 */
import { memo, useEffect, useRef, useState } from 'react';
import type { Chart as Drawn } from '../api/types.ts';
import { Instant } from '../parts/when.tsx';
import { useTexts } from '../texts/index.ts';
import type { Taken } from './taken.ts';

export interface GuardNow {
  event: string;
  guard: string;
  holds: boolean | null;
}

interface ChartProps {
  chart: Drawn;
  /** Where the actor is, as its state is written; null where nobody is in it. */
  state: string | null;
  /** How it stands, for its colour. */
  standing?: string;
  taken: ReadonlyMap<string, Taken>;
  /** What the guards of the present states say. */
  guards?: readonly GuardNow[];
  /** How many are in each outermost state, where it is about many. */
  counts?: ReadonlyMap<string, number>;
  /** A state was chosen, to be seen from near. */
  onChoose?: ((path: string) => void) | undefined;
  label: string;
}

type DrawnState = Drawn['states'][number];
type Way = Drawn['ways'][number];

const isIn = (state: string | null, path: string) =>
  state !== null && path !== '' && state.split(',').some(one => one === path || one.startsWith(`${path}.`));

const margin = 12;
const smallest = 0.3;
const largest = 3;

export function Chart({ chart, state, standing = 'working', taken, guards = [], counts, onChoose, label }: ChartProps) {
  const { chart: texts } = useTexts();
  const [zoom, setZoom] = useState<number | null>(null);
  const [pointed, setPointed] = useState<{ state?: DrawnState; way?: Way } | null>(null);
  const place = useRef<HTMLDivElement>(null);
  usePanning(place);
  useInSight(place, `${chart.states.length} ${state}`);
  const width = chart.width + 2 * margin;
  const height = chart.height + 2 * margin;
  const by = (factor: number) => {
    const now = zoom ?? (place.current?.firstElementChild?.clientWidth ?? width) / width;
    setZoom(Math.min(largest, Math.max(smallest, now * factor)));
  };
  return (
    <figure className={`chart stands-${standing}`}>
      <div className="paper" ref={place} tabIndex={0} role="group" aria-label={label}>
        <svg
          viewBox={`${-margin} ${-margin} ${width} ${height}`}
          width={zoom === null ? undefined : width * zoom}
          height={zoom === null ? undefined : height * zoom}
          className={zoom === null ? 'fitted' : ''}
          style={zoom === null ? { maxWidth: width * 1.15 } : undefined}
          role="img"
          aria-label={`${label}${state === null ? '' : `: ${texts.here} ${state}`}`}
          onPointerLeave={() => setPointed(null)}
        >
          <defs>
            <marker
              id="tip"
              viewBox="0 0 8 8"
              refX="7.5"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0.5L8 4L0 7.5z" className="tip" />
            </marker>
          </defs>
          {chart.states.map(drawn => (
            <State
              key={drawn.id}
              drawn={drawn}
              isLit={isIn(state, drawn.path)}
              count={drawn.type === 'cell' ? undefined : counts?.get(drawn.path)}
              onPoint={setPointed}
              onChoose={onChoose}
            />
          ))}
          {chart.ways.map(way => (
            <Path key={way.id} way={way} taken={taken.get(way.id)} onPoint={setPointed} />
          ))}
        </svg>
      </div>
      <div className="tools">
        <button type="button" className="quiet" onClick={() => by(1.25)} aria-label={texts.zoomIn}>
          +
        </button>
        <button type="button" className="quiet" onClick={() => by(0.8)} aria-label={texts.zoomOut}>
          −
        </button>
        <button type="button" className="quiet" onClick={() => setZoom(wholeIn(place.current, { width, height }))}>
          {texts.fit}
        </button>
      </div>
      <figcaption>
        <About pointed={pointed} state={state} taken={taken} guards={guards} />
      </figcaption>
    </figure>
  );
}

/** The zoom at which all of it is seen. */
function wholeIn(paper: HTMLElement | null, { width, height }: { width: number; height: number }): number {
  const { clientWidth = width, clientHeight = height } = paper ?? {};
  return Math.min(largest, clientWidth / width, clientHeight / height);
}

/** Where the actor is, is seen when the chart is drawn and when it has moved on. */
function useInSight(place: React.RefObject<HTMLDivElement | null>, moved: string): void {
  useEffect(() => {
    const paper = place.current;
    const lit = [...(paper?.querySelectorAll('.state.lit') ?? [])].at(-1);
    if (paper === null || lit === undefined) return;
    const [seen, there] = [paper.getBoundingClientRect(), lit.getBoundingClientRect()];
    const isIn = there.top >= seen.top && there.bottom <= seen.bottom && there.left >= seen.left;
    if (isIn && there.right <= seen.right) return;
    paper.scrollTop += (there.top + there.bottom - seen.top - seen.bottom) / 2;
    paper.scrollLeft += (there.left + there.right - seen.left - seen.right) / 2;
  }, [moved]);
}

interface StateProps {
  drawn: DrawnState;
  isLit: boolean;
  count: number | undefined;
  onPoint(pointed: { state: DrawnState }): void;
  onChoose: ((path: string) => void) | undefined;
}

const State = memo(function State({ drawn, isLit, count, onPoint, onChoose }: StateProps) {
  const { type, x, y, width, height, title, path, lines } = drawn;
  if (type === 'start') return <circle className="start" cx={x + width / 2} cy={y + height / 2} r={width / 2 - 2} />;
  const isCell = type === 'cell';
  return (
    <g
      className={`state ${type}${isLit ? ' lit' : ''}`}
      data-state={path}
      onPointerEnter={() => onPoint({ state: drawn })}
      onClick={() => onChoose?.(path)}
    >
      <rect x={x} y={y} width={width} height={height} rx={isCell ? 4 : 7} />
      {type === 'final' && <rect className="end" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={5} />}
      <text x={x + (isCell ? width / 2 : 10)} y={y + (isCell ? 14 : 17)} textAnchor={isCell ? 'middle' : 'start'}>
        {title}
      </text>
      {count !== undefined && count > 0 && (
        <text className="number" x={x + width - 10} y={y + 17} textAnchor="end">
          {count}
        </text>
      )}
      {lines.map((line, index) => (
        <text key={index} className="line" x={x + 10} y={y + 34 + index * 14}>
          {line}
        </text>
      ))}
    </g>
  );
});

interface PathProps {
  way: Way;
  taken: Taken | undefined;
  onPoint(pointed: { way: Way }): void;
}

const Path = memo(function Path({ way, taken, onPoint }: PathProps) {
  const line = `M${way.corners.map(corner => corner.join(' ')).join('L')}`;
  const { label } = way;
  return (
    <g
      className={`way${taken === undefined ? '' : ' taken'}`}
      onPointerEnter={() => onPoint({ way })}
      data-way={way.id}
    >
      <path className="reach" d={line} />
      <path className="line" d={line} markerEnd="url(#tip)" />
      {label?.lines.map((text, index) => (
        <text key={index} x={label.x + 4} y={label.y + 11 + index * 14}>
          {text}
        </text>
      ))}
      {taken !== undefined && label !== null && (
        <text className="count" x={label.x + 4} y={label.y + 11 + label.lines.length * 14}>
          ×{taken.count}
        </text>
      )}
    </g>
  );
});

interface AboutProps {
  pointed: { state?: DrawnState; way?: Way } | null;
  state: string | null;
  taken: ReadonlyMap<string, Taken>;
  guards: readonly GuardNow[];
}

/** What one points at, in words; where the actor is while one points at nothing. */
function About({ pointed, state, taken, guards }: AboutProps) {
  const { chart: texts } = useTexts();
  const { way, state: drawn } = pointed ?? {};
  if (way !== undefined) {
    const found = taken.get(way.id);
    return (
      <>
        <b>
          {way.from || '●'} → {way.to}
        </b>{' '}
        {found === undefined ? texts.notTaken : texts.taken(found.count)}
        {found !== undefined && (
          <>
            , <Instant at={found.lastAt} />
          </>
        )}
        {way.moves.slice(0, 4).map(({ event, guard }) => (
          <Move key={`${event} ${guard}`} event={event} guard={guard} guards={guards} />
        ))}
      </>
    );
  }
  if (drawn !== undefined) {
    return (
      <>
        <b>{drawn.path}</b> {isIn(state, drawn.path) && texts.here}
        {guards
          .filter(() => isIn(state, drawn.path))
          .slice(0, 6)
          .map(({ event, guard }) => (
            <Move key={`${event} ${guard}`} event={event} guard={guard} guards={guards} />
          ))}
      </>
    );
  }
  return state === null ? null : (
    <>
      <b>{state}</b> {texts.here}
    </>
  );
}

function Move({ event, guard, guards }: { event: string; guard: string; guards: readonly GuardNow[] }) {
  const { chart: texts } = useTexts();
  const now = guards.find(known => known.event === event && known.guard === guard)?.holds ?? null;
  return (
    <span className="move">
      {event}
      {guard !== '' && (
        <code>
          [{guard}]
          {now !== null && <em className={now ? 'holds' : 'fails'}> {now ? texts.guardHolds : texts.guardFails}</em>}
        </code>
      )}
    </span>
  );
}

/** The paper is moved by dragging it. */
function usePanning(place: React.RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const paper = place.current;
    const begin = (event: PointerEvent) => {
      if (paper === null || event.button !== 0 || event.pointerType === 'touch') return;
      const from = { x: event.clientX + paper.scrollLeft, y: event.clientY + paper.scrollTop };
      const move = ({ clientX, clientY }: PointerEvent) => paper.scrollTo(from.x - clientX, from.y - clientY);
      const end = () => {
        window.removeEventListener('pointermove', move);
        window.removeEventListener('pointerup', end);
      };
      window.addEventListener('pointermove', move);
      window.addEventListener('pointerup', end);
    };
    paper?.addEventListener('pointerdown', begin);
    return () => paper?.removeEventListener('pointerdown', begin);
  }, [place]);
}
