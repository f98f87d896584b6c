/**
 * What an agent prints, for measurements: the recorded runs of the real programs, their tool results made as large as
 * tool results are. The texts in them are this repository's own sources, as if the agent had read them.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const streamed = ['claude', 'codex', 'gemini', 'opencode'] as const;
export type Streamed = (typeof streamed)[number];

/**
 * Bytes of twenty tool results that follow each other; 0 leaves one as it was recorded. Half of all commands and edits
 * answer with a line or two, a file that is read has some kilobytes, 30 kB is where Claude Code cuts the output of a
 * command, and every twentieth is larger still.
 */
const resultSizes = [
  0, 2_000, 0, 10_000, 0, 2_000, 0, 0, 30_000, 2_000, 0, 10_000, 0, 2_000, 0, 0, 100_000, 2_000, 0, 10_000,
];

const folder = fileURLToPath(new URL('../test/fixtures/transcripts/', import.meta.url));
const sources = fileURLToPath(new URL('../src/', import.meta.url));

interface IndexRow {
  cli: Streamed;
  mode: string;
  outcome: string;
}

/** The lines of all recordings of a program in which the agent went through with its work, without the pretty-printed ones. */
export function recordedLines(cli: Streamed): string[] {
  const rows = JSON.parse(readFileSync(`${folder}index.json`, 'utf8')) as IndexRow[];
  return rows
    .filter(row => row.cli === cli && row.outcome.startsWith('completed'))
    .flatMap(({ mode }) => readFileSync(`${folder}${cli}/${mode}.stdout.jsonl`, 'utf8').split('\n'))
    .filter(line => line.startsWith('{"') && line.endsWith('}') && line.length < 100_000);
}

/** A stream of about this many bytes: the recorded runs one after another, tool results enlarged. Every line has its end. */
export function mixedStream(cli: Streamed, bytes: number): { data: Buffer; lines: number; resultBytes: number } {
  const recorded = recordedLines(cli).map(line => JSON.parse(line) as Fields);
  const text = sourceText();
  const lines: string[] = [];
  let size = 0;
  let resultBytes = 0;
  let results = 0;
  let offset = 0;
  for (let index = 0; size < bytes; index++) {
    const event = recorded[index % recorded.length]!;
    const isResult = enlarge[cli](event, null);
    let line = JSON.stringify(event);
    if (isResult) {
      const length = resultSizes[results % resultSizes.length]!;
      results += 1;
      if (length > 0) {
        offset = (offset + length) % (text.length - 100_000);
        const copy = structuredClone(event);
        enlarge[cli](copy, text.slice(offset, offset + length));
        line = JSON.stringify(copy);
      }
      resultBytes += Buffer.byteLength(line) + 1;
    }
    lines.push(line);
    size += Buffer.byteLength(line) + 1;
  }
  return { data: Buffer.from(`${lines.join('\n')}\n`), lines: lines.length, resultBytes };
}

/** The recorded lines as they are, over and over: hardly any tool result is longer than a line. */
export function recordedStream(cli: Streamed, bytes: number): { data: Buffer; lines: number } {
  const recorded = Buffer.from(`${recordedLines(cli).join('\n')}\n`);
  const rounds = Math.ceil(bytes / recorded.length);
  return { data: Buffer.concat(Array(rounds).fill(recorded)), lines: rounds * recordedLines(cli).length };
}

/**
 * The most that a program was recorded to print, bytes per second from its first byte to its last. The model behind the
 * recordings answered at once, so this is the pace of the program and its tools alone.
 */
export function recordedPace(cli: Streamed): number {
  const paces = globSync(`${folder}${cli}/*.meta.json`).map(path => {
    const { stdoutLineTimesMs: times = [], firstStdoutByteMs } = JSON.parse(readFileSync(path, 'utf8')) as {
      stdoutLineTimesMs?: number[];
      firstStdoutByteMs: number | null;
    };
    const last = times.at(-1);
    if (last === undefined || firstStdoutByteMs === null || times.length < 5) return 0;
    const { length } = readFileSync(path.replace(/meta\.json$/, 'stdout.jsonl'));
    return length / (Math.max(1, last - firstStdoutByteMs) / 1_000);
  });
  return Math.max(...paces);
}

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Puts a text where the program puts what a tool answered; answers whether this event is such an answer. */
const enlarge: Record<Streamed, (event: Fields, text: string | null) => boolean> = {
  claude(event, text) {
    const [block] = (fieldsOf(event.message).content as Fields[] | undefined) ?? [];
    if (event.type !== 'user' || block?.type !== 'tool_result') return false;
    if (text === null) return true;
    block.content = text;
    // The program repeats what a command printed, in a form of its own.
    const again = fieldsOf(event.tool_use_result);
    if ('stdout' in again) again.stdout = text;
    else if ('content' in again) again.content = text;
    return true;
  },
  codex(event, text) {
    const item = fieldsOf(event.item);
    if (event.type !== 'item.completed' || item.type !== 'command_execution') return false;
    if (text !== null) item.aggregated_output = text;
    return true;
  },
  gemini(event, text) {
    if (event.type !== 'tool_result') return false;
    if (text !== null) event.output = text;
    return true;
  },
  opencode(event, text) {
    const state = fieldsOf(fieldsOf(event.part).state);
    if (event.type !== 'tool_use' || state.status !== 'completed') return false;
    if (text === null) return true;
    state.output = text;
    if ('output' in fieldsOf(state.metadata)) fieldsOf(state.metadata).output = text;
    return true;
  },
};

function sourceText(): string {
  const files = globSync(`${sources}**/*.ts`).sort();
  return files.map(path => readFileSync(path, 'utf8')).join('\n');
}
