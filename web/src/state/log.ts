/** The log of a task: read from its beginning, and carried on by what happens. */
import { useEffect, useRef, useState } from 'react';
import { ask, segment } from '../api/ask.ts';
import type { FeedEntry, LogEntry } from '../api/types.ts';
import { onEntries } from './engine.ts';

interface Page {
  items: LogEntry[];
  next: number | null;
}

const pageSize = 1_000;
/** What could not be read is tried again after this, in milliseconds. */
const againMs = 2_000;

/** Undefined while nothing of it is known. */
export function useLog(taskId: string): LogEntry[] | undefined {
  const [log, setLog] = useState<LogEntry[]>();
  const known = useRef(0);
  useEffect(() => {
    const end = new AbortController();
    let isReading = false;
    let isMore = false;
    known.current = 0;
    setLog(undefined);

    /** Everything behind what is known, so that nothing is missing however the events come. */
    async function read(): Promise<void> {
      for (;;) {
        const query = { after: known.current, limit: pageSize };
        const { items, next } = await ask<Page>(`/tasks/${segment(taskId)}/events`, { query, signal: end.signal });
        known.current = items.at(-1)?.seq ?? known.current;
        setLog((before = []) => (items.length === 0 ? before : [...before, ...items]));
        if (next === null) return;
      }
    }
    async function readOn(): Promise<void> {
      isMore = true;
      if (isReading) return;
      isReading = true;
      while (isMore && !end.signal.aborted) {
        isMore = false;
        await read().catch(async () => {
          if (end.signal.aborted) return;
          await new Promise(resolve => setTimeout(resolve, againMs));
          isMore = true;
        });
      }
      isReading = false;
    }
    void readOn();
    const stop = onEntries(entries => {
      const own = entries.filter(({ actorId, seq }) => actorId === taskId && seq > known.current);
      const [first] = own;
      if (first === undefined) return;
      // What follows at once needs no asking; what has a gap before it does.
      if (isReading || first.seq !== known.current + 1) return void readOn();
      known.current = own.at(-1)!.seq;
      setLog((before = []) => [...before, ...own.map(lineOf)]);
    });
    return () => {
      stop();
      end.abort();
    };
  }, [taskId]);
  return log;
}

const lineOf = (entry: FeedEntry): LogEntry => ({ ...entry, dedupeKey: null });
