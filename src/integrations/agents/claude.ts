/** Claude Code, `claude -p --output-format stream-json`. Written against 2.1.329. */
import type { AgentCli, AgentReader, Launch, LaunchRequest, PriceTable } from '../agent-cli.ts';
import { windowOf } from '../prices.ts';
import { Book } from './book.ts';
import { ClaudeUsage } from './claude-usage.ts';
import { asMoment } from './hints.ts';
import { modelOfWindows } from './limited-model.ts';
import { inHome } from './places.ts';
import {
  beginningOf,
  countOf,
  type Fields,
  fieldsOf,
  identifierOf,
  listOf,
  nameOf,
  numberOf,
  textOf,
} from './reading.ts';
import { claudeSignatures, type Evidence } from './signatures.ts';
import { createStructuredReader, type Dialect, type Failure } from './structured.ts';

export const claude: AgentCli = {
  kind: 'claude',
  provider: 'anthropic',
  program: 'claude',
  preflight: { args: ['--version'], version: /(\d+\.\d+\.\d+) \(Claude Code\)/, minimum: '2.1.329' },
  canResume: true,
  compactsItself: true,
  isStructured: true,
  notes: null,
  tellsUsage: true,
  login: {
    file: ({ CLAUDE_CONFIG_DIR, HOME }) => inHome(CLAUDE_CONFIG_DIR || inHome(HOME, '.claude'), '.credentials.json'),
    variable: 'ANTHROPIC_API_KEY',
  },
  needsGitDirs: false,
  // A connection that hangs is noticed by the CLI itself after ten minutes, and says nothing until then.
  silenceLimitMs: 15 * 60_000,
  launch,
  createReader,
};

function launch({
  program,
  access,
  isSandboxed,
  model,
  resume,
  maxTurns,
  maxCostUsd,
  extraArgs,
}: LaunchRequest): Launch {
  const argv = [...program, '-p', ...permissions(access, isSandboxed), '--output-format', 'stream-json', '--verbose'];
  if (model !== null) argv.push('--model', model);
  if (resume !== null) argv.push('--resume', resume);
  if (maxTurns !== null) argv.push('--max-turns', String(maxTurns));
  if (maxCostUsd !== null) argv.push('--max-budget-usd', String(Math.max(0.0001, Number(maxCostUsd.toFixed(4)))));
  return {
    argv: [...argv, ...extraArgs],
    stdin: 'prompt',
    env: {
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      // A command in the background keeps the process for minutes after its last word.
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      // Without it the program refuses to go without permission questions as root, which it is in a container.
      ...(isSandboxed ? { IS_SANDBOX: '1' } : {}),
    },
  };
}

function permissions(access: LaunchRequest['access'], isSandboxed: boolean): string[] {
  if (isSandboxed) return ['--permission-mode', 'bypassPermissions'];
  return access === 'write'
    ? ['--permission-mode', 'acceptEdits', '--allowedTools', 'Bash,Read,Write,Edit']
    : ['--permission-mode', 'dontAsk', '--allowedTools', 'Read,Bash(git log *),Bash(git diff *)'];
}

/** Types of `system` events that say nothing we need. */
const quietSystemEvents = [
  'status',
  'informational',
  'model_fallback',
  'task_started',
  'task_updated',
  'task_notification',
  'background_tasks_changed',
  'ui_invalidate',
];

function createReader(prices: PriceTable, configuredModel: string | null = null, isResumed = true): AgentReader {
  const book = new Book(configuredModel);
  const usage = new ClaudeUsage(prices, isResumed);
  /** What the program says about a failed request, in the answer that it makes up for it. */
  let apiError: Evidence | null = null;
  let failure: Failure | null = null;
  let doom: Failure | null = null;
  /** Logins that were refused in a row. */
  let refusals = 0;
  /** Windows of the allowance that are used up, by their names, and when each is whole again. */
  const usedUp = new Map<string, number | null>();
  let stopReason = '';
  let isInterrupted = false;

  const system = (event: Fields): boolean => {
    switch (event.subtype) {
      case 'init':
        // A later `init` begins another turn: the last word was not the last.
        book.conclusion = null;
        book.session = identifierOf(event.session_id) ?? book.session;
        book.model = nameOf(event.model) ?? book.model;
        return true;
      case 'api_retry':
        retry(event);
        return true;
      case 'permission_denied':
        book.deny(textOf(event.tool_name));
        return true;
      case 'compact_boundary':
        context(countOf(fieldsOf(event.compact_metadata).post_tokens) || null);
        return true;
      case 'status':
        if (event.status === 'compacting') book.does('makes room in its context');
        return true;
      default:
        return quietSystemEvents.includes(textOf(event.subtype));
    }
  };

  const retry = (event: Fields) => {
    const [attempt, attempts] = [countOf(event.attempt), countOf(event.max_retries)];
    book.knock(`waits for the API (retry ${attempt} of ${attempts})`);
    const status = statusOf(event.error_status);
    const evidence = { status, kind: beginningOf(event.error, 100) };
    failure = failureOf(evidence);
    if (status !== '401' && event.error !== 'authentication_failed') return;
    refusals += 1;
    // The first may be a token that somebody else has just renewed. After that it would go on for three minutes, in vain.
    if (refusals >= 2) doom = failure;
  };

  const assistant = (event: Fields) => {
    const message = fieldsOf(event.message);
    const isMain = typeof event.parent_tool_use_id !== 'string';
    if (message.model === '<synthetic>') {
      if (!isMain || textOf(event.error) === '') return;
      apiError = {
        text: beginningOf(fieldsOf(listOf(message.content)[0]).text, 2_000),
        kind: beginningOf(event.error, 100),
        detail: beginningOf(event.api_error, 100),
        status: statusOf(event.api_error_status),
      };
      return;
    }
    book.conclusion = null;
    [apiError, failure, doom, isInterrupted, refusals] = [null, null, null, false, 0];
    book.progress += 1;
    book.does('thinks');
    const model = nameOf(message.model);
    const usedTokens = usage.message(beginningOf(message.id, 200), model ?? book.model, fieldsOf(message.usage));
    if (isMain) {
      book.speak();
      book.model = model ?? book.model;
      context(usedTokens);
    }
    for (const block of listOf(message.content).map(fieldsOf)) {
      if (block.type === 'tool_use') book.callTool(textOf(block.id), textOf(block.name), fieldsOf(block.input));
      if (block.type === 'text' && isMain) book.say(textOf(block.text));
    }
  };

  const user = (event: Fields) => {
    book.conclusion = null;
    isInterrupted = false;
    for (const block of listOf(fieldsOf(event.message).content).map(fieldsOf)) {
      if (block.type === 'tool_result') book.endTool(textOf(block.tool_use_id), { hasWorked: block.is_error !== true });
      // The program's own note: whoever interrupts it with SIGINT often gets no more than this.
      if (block.type === 'text' && /^\[Request interrupted by user[^\]]{0,20}\]$/.test(textOf(block.text)))
        isInterrupted = true;
    }
  };

  const context = (usedTokens: number | null) => {
    if (usedTokens === null) return;
    const windowTokens = book.context?.windowTokens ?? windowOf(prices, book.model);
    book.context = { usedTokens, windowTokens };
  };

  const result = (event: Fields) => {
    // Not by `subtype` alone: a failed request has "success" there and says `is_error`. And where the last answer was made up for one,
    // that is the end, whatever is claimed here.
    const isMadeUp = apiError !== null;
    const hasFailed = event.is_error === true || event.subtype !== 'success' || isMadeUp;
    usage.result(event, book.model);
    // It counts a request that was never answered as well.
    if (!hasFailed || book.turns > 0) book.turns = Math.max(book.turns, countOf(event.num_turns));
    stopReason = beginningOf(event.stop_reason, 100);
    for (const denial of listOf(event.permission_denials).slice(0, 100)) {
      const tool = textOf(fieldsOf(denial).tool_name);
      // Those that came as events are known, and whether a way around them was found.
      if (!book.denials.includes(tool)) book.deny(tool);
    }
    takeWindow(event);
    book.conclusion = hasFailed ? 'failure' : 'success';
    book.does(hasFailed ? 'has failed' : 'has finished');
    if (hasFailed) {
      const evidence = { ...apiError, ...evidenceOf(event, isMadeUp), stopReason };
      failure = failureOf(evidence);
    } else {
      [failure, doom] = [null, null];
      book.session ??= identifierOf(event.session_id);
      book.say(textOf(event.result));
    }
  };

  const takeWindow = (event: Fields) => {
    const model = fieldsOf(fieldsOf(event.modelUsage)[book.model ?? '']);
    const windowTokens = countOf(model.contextWindow);
    if (book.context !== null && windowTokens > 0) book.context.windowTokens = windowTokens;
  };

  const rateLimit = (event: Fields) => {
    const info = fieldsOf(event.rate_limit_info);
    const seconds = numberOf(info.resetsAt);
    const window = beginningOf(info.rateLimitType, 100);
    if (info.status === 'rejected') {
      // A time that is known is not forgotten for an event that names none.
      const known = usedUp.get(window) ?? null;
      usedUp.set(window, seconds === null ? known : (asMoment(seconds * 1_000) ?? known));
    } else usedUp.delete(window);
  };

  /** When all of it is whole again, as far as that is known. */
  const resetAt = (): number | null => {
    const times = [...usedUp.values()].filter(time => time !== null);
    return times.length === 0 ? null : Math.max(...times);
  };

  const failureOf = (evidence: Evidence): Failure => {
    const limitedModel = modelOfWindows([...usedUp.keys()], book.model);
    return { evidence, resetAt: resetAt(), retryAfterMs: null, limitedModel };
  };

  const streamed = (event: Fields) => {
    const { type, usage: used } = fieldsOf(event.event);
    const id = beginningOf(event.api_message_id, 200);
    if (type === 'message_delta' && id !== '')
      usage.message(id, book.model, { output_tokens: fieldsOf(used).output_tokens });
  };

  const dialect: Dialect = {
    name: 'Claude Code',
    signatures: claudeSignatures,
    noise: [/^Warning: no stdin data received/, /^\[claude-code:/],
    denialRemedy: 'allow them in `args` of the agent (--allowedTools) or run it in a sandbox',
    usage: () => usage.total(),
    failure: () => failure,
    doom: () => doom,
    isInterrupted: () => isInterrupted,
    isRefusal: () => stopReason === 'refusal',
    isCutOff: () => stopReason === 'max_tokens',
    isDenied: () => book.denials.length > 0 && book.endsInDenial,
    read(event) {
      switch (event.type) {
        case 'system':
          return system(event);
        case 'assistant':
          assistant(event);
          return true;
        case 'user':
          user(event);
          return true;
        case 'result':
          result(event);
          return true;
        case 'rate_limit_event':
          rateLimit(event);
          return true;
        case 'stream_event':
          streamed(event);
          return true;
        default:
          return false;
      }
    },
  };
  return createStructuredReader(book, dialect);
}

function statusOf(value: unknown): string {
  const status = numberOf(value);
  return status === null ? '' : String(status);
}

/** The fields of a `result` that name a failure; only those that are there, so that earlier evidence stays. */
function evidenceOf(event: Fields, isMadeUp: boolean): Evidence {
  const errors = listOf(event.errors).slice(0, 5).map(textOf).join('; ');
  // A turn that the program completed has the agent's own words in `result`; they are no evidence.
  const isOwn = event.terminal_reason === 'completed' && !isMadeUp;
  const words = isOwn ? errors : errors || textOf(event.result);
  const evidence: Record<string, string> = {
    text: beginningOf(words, 2_000),
    ending: `${beginningOf(event.subtype, 100)} ${beginningOf(event.terminal_reason, 100)}`,
  };
  const status = statusOf(event.api_error_status);
  if (status !== '') evidence.status = status;
  if (textOf(event.api_error) !== '') evidence.detail = beginningOf(event.api_error, 100);
  return evidence;
}
