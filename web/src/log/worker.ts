/**
 * Reads the output of a run away from the page, so that however much is printed the page goes on moving. Lines are handed
 * over a few times a second; of more than a page can hold only the newest are, and how many were left out is said.
 */
import { createParser } from 'eventsource-parser';

export interface Batch {
  type: 'lines';
  lines: string[];
  /** Lines that were left out before these, because newer ones pushed them out. */
  dropped: number;
}
export type FromWorker = Batch | { type: 'ended' } | { type: 'broken' } | { type: 'refused'; detail: string };

/** More than this is not shown, and what is longer is cut: a line is for people. */
export const mostLines = 50_000;
const longestLine = 4_000;
const everyMs = 60;
const againMs = 1_500;

let lines: string[] = [];
let dropped = 0;
let position = '';
let timer: ReturnType<typeof setTimeout> | undefined;

const tell = (message: FromWorker) => postMessage(message);

function flush(): void {
  timer = undefined;
  if (lines.length === 0) return;
  tell({ type: 'lines', lines, dropped });
  lines = [];
  dropped = 0;
}

function take(text: string): void {
  for (const line of text.split('\n')) lines.push(line.length > longestLine ? `${line.slice(0, longestLine)} …` : line);
  if (lines.length > 2 * mostLines) {
    dropped += lines.length - mostLines;
    lines = lines.slice(-mostLines);
  }
  if (timer === undefined) timer = setTimeout(flush, everyMs);
}

async function follow(agentId: string): Promise<'ended' | 'broken'> {
  const query = new URLSearchParams({ follow: 'true', ...(position !== '' && { after: position }) });
  const answer = await fetch(`/agents/${encodeURIComponent(agentId)}/logs?${query}`, {
    headers: { accept: 'text/event-stream' },
    cache: 'no-store',
  });
  if (!answer.ok || answer.body === null) {
    const { detail = `HTTP ${answer.status}` } = (await answer.json().catch(() => ({}))) as { detail?: string };
    if (answer.status === 503 || answer.status === 429) return 'broken';
    tell({ type: 'refused', detail });
    return 'ended';
  }
  let isOver = false;
  const parser = createParser({
    onEvent({ event, data, id }) {
      if (event === 'end') isOver = true;
      else if (event !== 'problem') take((JSON.parse(data) as { text: string }).text);
      if (id !== undefined && id !== '') position = id;
    },
  });
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) parser.feed(text);
  flush();
  return isOver ? 'ended' : 'broken';
}

addEventListener('message', async ({ data }: MessageEvent<{ agentId: string }>) => {
  for (;;) {
    const how = await follow(data.agentId).catch((): 'broken' => 'broken');
    if (how === 'ended') return tell({ type: 'ended' });
    tell({ type: 'broken' });
    await new Promise(resolve => setTimeout(resolve, againMs));
  }
});
