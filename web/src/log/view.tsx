/** The output of a run as it comes: followed, searched, jumped in, with its colours. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { amount } from '../format.ts';
import { useKeys } from '../state/keys.ts';
import { useTexts } from '../texts/index.ts';
import { Line } from './line.tsx';
import { startWorker } from './start-worker.ts';
import { type FromWorker, mostLines } from './worker.ts';

/** In pixels; the style gives a line the same. */
const lineHeight = 18;

interface Output {
  lines: readonly string[];
  dropped: number;
  phase: 'reading' | 'following' | 'broken' | 'ended';
  problem: string | null;
}

const nothing: Output = { lines: [], dropped: 0, phase: 'reading', problem: null };

function useOutput(agentId: string): Output {
  const [output, setOutput] = useState<Output>(nothing);
  useEffect(() => {
    setOutput(nothing);
    const worker = startWorker();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
      setOutput(before => {
        if (data.type === 'ended') return { ...before, phase: 'ended' };
        if (data.type === 'broken') return { ...before, phase: 'broken' };
        if (data.type === 'refused') return { ...before, phase: 'ended', problem: data.detail };
        return { ...withLines(before, data.lines, data.dropped), phase: 'following' };
      });
    worker.postMessage({ agentId });
    return () => worker.terminate();
  }, [agentId]);
  return output;
}

/** The newest lines, as many as are kept; the oldest go in one piece, so that it is not done for each batch. */
function withLines(before: Output, more: readonly string[], dropped: number): Output {
  const all = before.lines.concat(more);
  const kept = all.length > mostLines ? all.slice(-keptLines) : all;
  return { ...before, lines: kept, dropped: before.dropped + dropped + all.length - kept.length };
}

const keptLines = mostLines * 0.8;

export default function LogView({ agentId }: { agentId: string }) {
  const { runs } = useTexts();
  const { lines, dropped, phase, problem } = useOutput(agentId);
  const [isFollowing, setFollowing] = useState(true);
  const [words, setWords] = useState('');
  const wanted = useDeferredValue(words.toLowerCase());
  const place = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useKeys(useMemo(() => ({ '/': () => search.current?.focus() }), []));
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => place.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });
  const matches = useMemo(
    () => (wanted === '' ? [] : lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []))),
    [lines, wanted],
  );
  useEffect(() => {
    if (isFollowing && lines.length > 0) list.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [isFollowing, lines.length, list]);

  const jump = (isWanted: (index: number) => boolean) => {
    const from = list.range?.startIndex ?? 0;
    const next = range(from + 1, lines.length).find(isWanted) ?? range(0, from + 1).find(isWanted);
    if (next === undefined) return;
    setFollowing(false);
    list.scrollToIndex(next, { align: 'start' });
  };
  const matching = useMemo(() => new Set(matches), [matches]);
  return (
    <div className="log">
      <div className="row">
        <input
          ref={search}
          type="search"
          aria-label={runs.search}
          placeholder={runs.search}
          value={words}
          onChange={({ target }) => setWords(target.value)}
          onKeyDown={event => event.key === 'Enter' && jump(index => matching.has(index))}
        />
        {wanted !== '' && <span className="meta">{runs.matches(matches.length)}</span>}
        {matches.length > 0 && (
          <button type="button" className="quiet" onClick={() => jump(index => matching.has(index))}>
            {runs.next}
          </button>
        )}
        <button type="button" className="quiet" onClick={() => jump(index => lines[index]!.startsWith('· '))}>
          {runs.tools}
        </button>
        <button type="button" className="quiet" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          {runs.follow}
        </button>
        <a href={`/agents/${encodeURIComponent(agentId)}/logs?raw=true`} download={`${agentId}.log`}>
          {runs.raw}
        </a>
        <span className="meta">{runs.lines(amount(lines.length + dropped))}</span>
        {/* Heard once, when it changes; what is counted is not read out. */}
        <span className="meta" role="status">
          {phase === 'ended' && runs.ended} {phase === 'broken' && runs.broken}
        </span>
      </div>
      {dropped > 0 && <p className="meta">{runs.dropped(amount(dropped))}</p>}
      {problem !== null && <p className="problem">{problem}</p>}
      {lines.length === 0 && problem === null && (
        <p className="meta">{phase === 'reading' ? runs.reading : runs.nothing}</p>
      )}
      <div
        className="lines"
        ref={place}
        tabIndex={0}
        role="group"
        aria-label={runs.output}
        onWheel={({ deltaY }) => deltaY < 0 && setFollowing(false)}
      >
        <div className="all" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map(({ key, index, start }) => (
            <div
              key={key}
              className={`slot${matching.has(index) ? ' match' : ''}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Line text={lines[index]!} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
