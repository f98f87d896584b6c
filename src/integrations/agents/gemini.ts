/** Gemini CLI, `gemini --output-format stream-json`. Written against 0.61.0. */
import { basename } from 'node:path';
import { slugOf } from '../../domain/names.ts';
import { costOf, noTokens, roundUsd, type Tokens, totalTokens, type Usage } from '../../domain/usage.ts';
import type { AgentCli, AgentReader, Launch, LaunchRequest, PriceTable } from '../agent-cli.ts';
import { priceOf } from '../prices.ts';
import { Book } from './book.ts';
import { GeminiNotes } from './gemini-notes.ts';
import { inHome } from './places.ts';
import { beginningOf, countOf, type Fields, fieldsOf, identifierOf, nameOf, textOf } from './reading.ts';
import { geminiSignatures } from './signatures.ts';
import { createStructuredReader, type Failure } from './structured.ts';

export const gemini: AgentCli = {
  kind: 'gemini',
  provider: 'google',
  program: 'gemini',
  preflight: { args: ['--version'], version: /^(\d+\.\d+\.\d+)/m, minimum: '0.61.0' },
  canResume: true,
  compactsItself: true,
  isStructured: true,
  // It prints its tokens at the very end.
  notes: {
    directory: ({ GEMINI_CLI_HOME, HOME }) => inHome(GEMINI_CLI_HOME || HOME, '.gemini/tmp'),
    // By project.
    levels: [/./, /^chats$/],
    // But for a number behind it.
    likely: cwd => slugOf(basename(cwd)),
    isOf: (name, session) => name.startsWith('session-') && name.endsWith(`-${session.slice(0, 8)}.jsonl`),
  },
  tellsUsage: true,
  login: {
    file: ({ GEMINI_CLI_HOME, HOME }) => inHome(GEMINI_CLI_HOME || HOME, '.gemini/oauth_creds.json'),
    variable: 'GEMINI_API_KEY',
  },
  needsGitDirs: false,
  silenceLimitMs: 10 * 60_000,
  launch,
  createReader,
};

function launch({ program, access, isSandboxed, model, resume, extraArgs }: LaunchRequest): Launch {
  // In the default mode the tools that write and run commands are not even offered.
  const mode = isSandboxed || access === 'write' ? 'yolo' : 'default';
  const argv = [...program, '--output-format', 'stream-json', '--approval-mode', mode, '--skip-trust'];
  if (model !== null) argv.push('-m', model);
  if (resume !== null) argv.push('--resume', resume);
  return {
    argv: [...argv, ...extraArgs],
    // On standard input and without `-p`.
    stdin: 'prompt',
    // One process instead of two: the outer one swallows SIGTERM.
    env: { GEMINI_CLI_NO_RELAUNCH: 'true', GEMINI_TELEMETRY_ENABLED: 'false' },
  };
}

const mostModels = 20;

function createReader(prices: PriceTable, configuredModel: string | null = null, isResumed = false): AgentReader {
  const book = new Book(configuredModel);
  const notes = new GeminiNotes(isResumed);
  let stats: Fields = {};
  let warning = '';
  let failure: Failure | null = null;
  let doom: Failure | null = null;
  let isMidMessage = false;

  const message = (event: Fields) => {
    // The prompt comes back as the message of the user.
    if (event.role !== 'assistant') return;
    advance();
    book.speak();
    book.progress += 1;
    const text = textOf(event.content);
    if (event.delta === true && isMidMessage) book.sayMore(text);
    else book.say(text);
    // One that begins with nothing has not begun: what comes is no more of the message before.
    isMidMessage = event.delta === true && (isMidMessage || text.trim() !== '');
    book.does('thinks');
  };

  const toolResult = (event: Fields) => {
    advance();
    const name = book.endTool(textOf(event.tool_id), { hasWorked: event.status === 'success' });
    if (fieldsOf(event.error).type === 'tool_not_registered') book.deny(name ?? 'a tool');
  };

  const advance = () => {
    [failure, doom] = [null, null];
    book.conclusion = null;
  };

  const result = (event: Fields) => {
    stats = smallStats(fieldsOf(event.stats));
    book.model = heaviestModel(stats) ?? book.model;
    book.conclusion = event.status === 'success' ? 'success' : 'failure';
    book.does(event.status === 'success' ? 'has finished' : 'has failed');
    if (event.status === 'success') {
      [failure, doom] = [null, null];
      return;
    }
    const error = fieldsOf(event.error);
    const text = textOf(error.message) || warning;
    failure = { evidence: { text: beginningOf(text, 2_000) }, resetAt: null, retryAfterMs: null };
  };

  return createStructuredReader(book, {
    name: 'Gemini CLI',
    signatures: geminiSignatures,
    noise: [
      /^Warning: (?:Basic terminal|256-color)/,
      /^YOLO mode is enabled/,
      /^Approval mode overridden/,
      /^Ripgrep is not available/,
      /^\s+at /,
      // What went wrong in a tool is the agent's business, and its words are the agent's.
      /^Error executing tool /,
    ],
    denialRemedy: 'give the agent write access (approval mode yolo) or run it in a sandbox',
    failure: () => failure,
    doom: () => doom,
    isMidMessage: () => isMidMessage,
    isRefusal: () => /\b(?:SAFETY|PROHIBITED_CONTENT|safety reasons)\b/.test(warning),
    isCutOff: () => /\bMAX_TOKENS\b|truncated due to token limits/.test(warning),
    isDenied: () => book.denials.length > 0 && book.endsInDenial,
    // Of one that was cut off the notes are all there is.
    usage: () => usageOf(totalTokens(tokensOf(stats)) === 0 ? notes.stats() : stats, prices),
    noted: (line, since) => notes.read(line, since),
    readError(line) {
      const [, attempt, status] = /^Attempt (\d{1,3}) failed(?: with status (\d{3}))?/.exec(line) ?? [];
      if (attempt === undefined || book.conclusion !== null) return;
      book.knock(`waits for the API (attempt ${attempt} failed)`);
      if ((status === '401' || status === '403') && Number(attempt) >= 2) {
        doom = { evidence: { text: `"code":${status}` }, resetAt: null, retryAfterMs: null };
      }
    },
    read(event) {
      const isKnown = take(event);
      if (event.type !== 'message') isMidMessage = false;
      return isKnown;
    },
  });

  function take(event: Fields): boolean {
    switch (event.type) {
      case 'init':
        book.session = identifierOf(event.session_id) ?? book.session;
        book.model = nameOf(event.model) ?? book.model;
        book.does('thinks');
        return true;
      case 'message':
        message(event);
        return true;
      case 'tool_use':
        book.conclusion = null;
        book.speak();
        book.callTool(textOf(event.tool_id), textOf(event.tool_name), fieldsOf(event.parameters));
        return true;
      case 'tool_result':
        toolResult(event);
        return true;
      case 'error':
        // Not the end: it may go on. A `result` without words of its own means this one.
        warning = beginningOf(event.message, 2_000);
        return true;
      case 'result':
        result(event);
        return true;
      default:
        return false;
    }
  }
}

/** Only what is needed of the statistics is kept. */
function smallStats(stats: Fields): Fields {
  const models = Object.entries(fieldsOf(stats.models)).slice(0, mostModels);
  return {
    ...countsOf(stats),
    models: Object.fromEntries(models.map(([name, value]) => [nameOf(name) ?? '', countsOf(fieldsOf(value))])),
  };
}

function countsOf({ total_tokens, input_tokens, output_tokens, cached }: Fields): Fields {
  return {
    total_tokens: countOf(total_tokens),
    input_tokens: countOf(input_tokens),
    output_tokens: countOf(output_tokens),
    cached: countOf(cached),
  };
}

/** The name in the first event is `auto`; which model did the work is known at the end. */
function heaviestModel(stats: Fields): string | null {
  const models = Object.entries(fieldsOf(stats.models)).map(([name, counts]) => ({
    name,
    total: countOf(fieldsOf(counts).total_tokens),
  }));
  const [heaviest] = models.toSorted((a, b) => b.total - a.total);
  return heaviest && heaviest.total > 0 ? heaviest.name : null;
}

/** The totals include helper models, each of which has a price of its own. */
function usageOf(stats: Fields, prices: PriceTable): Usage {
  let costUsd: number | null = null;
  for (const [name, counts] of Object.entries(fieldsOf(stats.models))) {
    const price = priceOf(prices, name);
    if (price !== null) costUsd = roundUsd((costUsd ?? 0) + costOf(tokensOf(fieldsOf(counts)), price));
  }
  return { ...tokensOf(stats), costUsd };
}

/** Cached input is part of the input. What the total has beyond both is thinking, which is paid like output. */
function tokensOf(counts: Fields): Tokens {
  const input = countOf(counts.input_tokens);
  const output = countOf(counts.output_tokens);
  const cachedInputTokens = Math.min(countOf(counts.cached), input);
  const thinking = Math.max(0, countOf(counts.total_tokens) - input - output);
  return { ...noTokens, inputTokens: input - cachedInputTokens, cachedInputTokens, outputTokens: output + thinking };
}
