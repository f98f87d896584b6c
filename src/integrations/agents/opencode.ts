/** opencode, `opencode run --format json`. Written against 1.18.33. */
import { addUsage, noUsage, type Tokens, type Usage } from '../../domain/usage.ts';
import type { AgentCli, AgentReader, Launch, LaunchRequest, PriceTable } from '../agent-cli.ts';
import { windowOf } from '../prices.ts';
import { Book, subjectOf } from './book.ts';
import { asWait } from './hints.ts';
import { inHome } from './places.ts';
import { beginningOf, countOf, type Fields, fieldsOf, identifierOf, numberOf, textOf, usdOf } from './reading.ts';
import { opencodeSignatures } from './signatures.ts';
import { createStructuredReader, type Failure } from './structured.ts';

export const opencode: AgentCli = {
  kind: 'opencode',
  provider: 'opencode',
  program: 'opencode',
  preflight: { args: ['--version'], version: /^(\d+\.\d+\.\d+)/m, minimum: '1.18.33' },
  // `--session` is documented; the recordings have the identifiers but no resumed run.
  canResume: true,
  compactsItself: true,
  isStructured: true,
  notes: null,
  tellsUsage: true,
  login: {
    file: ({ XDG_DATA_HOME, HOME }) => inHome(XDG_DATA_HOME || inHome(HOME, '.local/share'), 'opencode/auth.json'),
    variable: 'ANTHROPIC_API_KEY',
  },
  needsGitDirs: false,
  silenceLimitMs: 10 * 60_000,
  launch,
  createReader,
};

/** So many answers that cannot be read are no accident: a proxy, or another API behind the address. */
const mostBroken = 10;

/** Explicit denials hold even with `--auto`, which approves everything else instead of asking nobody. */
const readOnly = {
  edit: 'deny',
  bash: { '*': 'deny', 'git log *': 'allow', 'git diff *': 'allow', 'git show *': 'allow', 'git status*': 'allow' },
};

function launch({ program, access, isSandboxed, model, resume, extraArgs }: LaunchRequest): Launch {
  const argv = [...program, 'run', '--format', 'json', '--auto'];
  if (model !== null) argv.push('-m', model);
  if (resume !== null) argv.push('--session', resume);
  return {
    argv: [...argv, ...extraArgs],
    stdin: 'prompt',
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      ...(access === 'read' && !isSandboxed ? { OPENCODE_PERMISSION: JSON.stringify(readOnly) } : {}),
    },
  };
}

function createReader(prices: PriceTable, configuredModel: string | null = null): AgentReader {
  const book = new Book(configuredModel);
  let usage: Usage = noUsage;
  /** Kept until the end: after an error the program may go on, finish something, and exit with 1 all the same. */
  let failure: Failure | null = null;
  let stopReason = '';
  /** Answers in a row that were none: it asks again every second, for ever. */
  let broken = 0;

  const tool = (part: Fields) => {
    const state = fieldsOf(part.state);
    const id = textOf(part.callID);
    const name = textOf(part.tool);
    book.ask(name, fieldsOf(state.input));
    if (state.status !== 'completed' && state.status !== 'error') {
      book.beginTool(id, name, subjectOf(fieldsOf(state.input)));
      return;
    }
    book.endTool(id, { hasWorked: state.status === 'completed' });
    const subject = subjectOf(fieldsOf(state.input));
    book.does(subject === '' ? name : `${name}: ${subject}`);
    // The program's own sentence in place of the tool's error.
    if (state.status === 'error' && /^The user (?:rejected permission|has specified a rule)/.test(textOf(state.error)))
      book.deny(name);
  };

  const stepFinish = (part: Fields) => {
    const tokens = tokensOf(fieldsOf(part.tokens));
    usage = addUsage(usage, { ...tokens, costUsd: usdOf(part.cost) });
    const usedTokens = tokens.inputTokens + tokens.cachedInputTokens + tokens.cacheWriteTokens;
    if (usedTokens > 0) book.context = { usedTokens, windowTokens: windowOf(prices, book.model) };
    stopReason = beginningOf(part.reason, 100);
    if (stopReason === 'unknown') {
      broken += 1;
      failure = { evidence: { stopReason }, resetAt: null, retryAfterMs: null };
      book.knock(`asks again (answer ${broken} could not be read)`);
      return;
    }
    book.turns += 1;
    // An answer cut for its length is a last word too.
    if (['stop', 'length', 'content-filter'].includes(stopReason)) {
      book.conclusion = 'success';
      book.does('has finished');
    }
  };

  /** The model has answered. */
  const advance = () => {
    broken = 0;
    if (failure?.evidence.stopReason === 'unknown') failure = null;
  };

  const error = (event: Fields) => {
    const { name, data } = fieldsOf(event.error);
    failure = failureOf(textOf(name), fieldsOf(data));
    book.conclusion = 'failure';
    book.does('has failed');
  };

  return createStructuredReader(book, {
    name: 'opencode',
    signatures: opencodeSignatures,
    noise: [],
    denialRemedy: 'give the agent write access or run it in a sandbox',
    failure: () => failure,
    doom: () => (broken >= mostBroken ? failure : null),
    isRefusal: () => stopReason === 'content-filter',
    isCutOff: () => stopReason === 'length',
    isDenied: () => book.denials.length > 0 && book.endsInDenial,
    usage: () => usage,
    read(event) {
      book.session ??= identifierOf(event.sessionID);
      const part = fieldsOf(event.part);
      if (event.type !== 'error') book.conclusion = null;
      switch (event.type) {
        case 'step_start':
          book.does('thinks');
          return true;
        case 'text':
          advance();
          // The program talks to itself here too, as when it makes room in the context.
          if (part.synthetic === true) return true;
          book.say(textOf(part.text));
          book.progress += 1;
          return true;
        case 'reasoning':
          book.does('thinks');
          return true;
        case 'tool_use':
          advance();
          tool(part);
          return true;
        case 'step_finish':
          stepFinish(part);
          return true;
        case 'error':
          error(event);
          return true;
        default:
          return false;
      }
    },
  });
}

function failureOf(name: string, data: Fields): Failure {
  const status = numberOf(data.statusCode);
  const headers = fieldsOf(data.responseHeaders);
  const seconds = Number.parseFloat(beginningOf(headers['retry-after'], 20));
  return {
    evidence: {
      kind: beginningOf(name, 100),
      text: beginningOf(data.message, 2_000),
      status: status === null ? '' : String(status),
      detail: data.isRetryable === true ? 'retryable' : '',
    },
    resetAt: null,
    retryAfterMs: Number.isFinite(seconds) ? asWait(seconds * 1_000) : null,
  };
}

/** Each kind is counted apart here; reasoning is paid like output. */
function tokensOf(tokens: Fields): Tokens {
  const cache = fieldsOf(tokens.cache);
  return {
    inputTokens: countOf(tokens.input),
    cachedInputTokens: countOf(cache.read),
    cacheWriteTokens: countOf(cache.write),
    outputTokens: countOf(tokens.output) + countOf(tokens.reasoning),
  };
}
