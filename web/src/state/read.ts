/** Something that is read from the service and kept up: what was read last stays while it is read anew. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask, type Request } from '../api/ask.ts';
import type { FeedEntry } from '../api/types.ts';
import { onEntries } from './engine.ts';
import { createReader, type Reader } from './reader.ts';

export interface Reading<Given> {
  value: Given | undefined;
  error: Error | undefined;
  /** Reads it anew now. */
  again(): void;
}

export interface ReadOptions {
  query?: Request['query'];
  /** Of what happens, what makes it be read anew; nothing without it. */
  when?(entry: FeedEntry): boolean;
  /** Also so often, in milliseconds, while somebody looks. */
  everyMs?: number;
}

/** Happenings are gathered for so long before it is read anew. */
const gatherMs = 250;

/** Reads a path of the API; nothing for null. */
export function useRead<Given>(path: string | null, { query, when, everyMs }: ReadOptions = {}): Reading<Given> {
  const [read, setRead] = useState<{ key: string; value?: Given; error?: Error }>({ key: '' });
  const key = `${path} ${JSON.stringify(query ?? {})}`;
  const asked = useRef(query);
  asked.current = query;
  const isWanted = useRef(when);
  isWanted.current = when;
  const reader = useRef<Reader | null>(null);
  const again = useCallback(() => reader.current?.again(), []);

  useEffect(() => {
    if (path === null) return;
    const end = new AbortController();
    const own = createReader(async () => {
      const { signal } = end;
      await ask<Given>(path, { query: asked.current, signal }).then(
        value => !signal.aborted && setRead({ key, value }),
        (error: Error) => {
          if (!signal.aborted) setRead(before => ({ ...(before.key === key && before), key, error }));
        },
      );
    });
    reader.current = own;
    own.again();
    return () => {
      end.abort();
      if (reader.current === own) reader.current = null;
    };
  }, [key, path]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        again();
      }, gatherMs);
    };
    const end = onEntries(entries => {
      if (isWanted.current !== undefined && entries.some(isWanted.current)) soon();
    });
    const ticks = everyMs === undefined ? undefined : setInterval(() => !document.hidden && again(), everyMs);
    return () => {
      end();
      clearTimeout(timer);
      clearInterval(ticks);
    };
  }, [again, everyMs]);

  const isThis = read.key === key;
  return { value: isThis ? read.value : undefined, error: isThis ? read.error : undefined, again };
}
