/**
 * Follows what happens, from a position on. Read by `fetch` and not by `EventSource`, which hides why it was refused and
 * that a connection has died: the server gives a sign of life every fifteen seconds, and we go by it.
 */
import { createParser } from 'eventsource-parser';
import { addressOf, Refused, readAnswer } from './ask.ts';
import type { FeedEntry } from './types.ts';

export interface Followed {
  onOpen(): void;
  onEntries(entries: FeedEntry[]): void;
  /** The connection lives; with the position up to which there was nothing for us. */
  onBeat(position: number | undefined): void;
}

/** Resolves when the server has ended it, rejects with why it broke off; `Refused` where it was not let in. */
export async function followEvents(
  after: number,
  { onOpen, onEntries, onBeat }: Followed,
  signal: AbortSignal,
): Promise<void> {
  const answer = await fetch(addressOf('/events', { after }), {
    headers: { accept: 'text/event-stream' },
    signal,
    cache: 'no-store',
  });
  if (!answer.ok || answer.body === null) {
    await readAnswer(answer);
    return;
  }
  onOpen();
  let gathered: FeedEntry[] = [];
  let problem: Refused | undefined;
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === 'problem') problem = refusedBy(data);
      else if (event === undefined || event === 'message') gathered.push(JSON.parse(data) as FeedEntry);
    },
    onComment: () => onBeat(undefined),
  });
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    parser.feed(text);
    // What came together is shown together.
    if (gathered.length > 0) onEntries(gathered);
    gathered = [];
    if (problem !== undefined) throw problem;
  }
}

function refusedBy(data: string): Refused {
  const problem = JSON.parse(data) as { status?: number };
  return new Refused(problem.status ?? 500, problem);
}
