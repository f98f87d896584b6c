/** Codex CLI, `codex exec --json`. Written against 0.169.0. */
import { costOf, noTokens } from '../../domain/usage.ts';
import type { AgentCli, AgentReader, Launch, LaunchRequest, PriceTable } from '../agent-cli.ts';
import { priceOf } from '../prices.ts';
import { Book } from './book.ts';
import { CodexUsage } from './codex-usage.ts';
import { inHome } from './places.ts';
import {
  beginningOf,
  type Fields,
  fieldsOf,
  identifierOf,
  isSince,
  listOf,
  nameOf,
  parseObject,
  textOf,
} from './reading.ts';
import { codexSignatures } from './signatures.ts';
import { createStructuredReader, type Failure } from './structured.ts';

export const codex: AgentCli = {
  kind: 'codex',
  provider: 'openai',
  program: 'codex',
  preflight: { args: ['--version'], version: /codex-cli (\d+\.\d+\.\d+)/, minimum: '0.169.0' },
  canResume: true,
  compactsItself: true,
  isStructured: true,
  // It prints its tokens at the end of a turn that ends well.
  notes: {
    directory: ({ CODEX_HOME, HOME }) => inHome(CODEX_HOME || inHome(HOME, '.codex'), 'sessions'),
    // Year, month and day.
    levels: [/^\d{4}$/, /^\d\d$/, /^\d\d$/],
    isOf: (name, session) => name.startsWith('rollout-') && name.endsWith(`-${session}.jsonl`),
  },
  tellsUsage: true,
  login: {
    file: ({ CODEX_HOME, HOME }) => inHome(CODEX_HOME || inHome(HOME, '.codex'), 'auth.json'),
    variable: 'CODEX_API_KEY',
  },
  needsGitDirs: true,
  // A provider that asks for a long pause is waited for in silence.
  silenceLimitMs: 15 * 60_000,
  launch,
  createReader,
};

/** As configuration keys and not as `--disable`: a version that does not know a key ignores it, an unknown flag ends it. */
const quiet = [
  'check_for_update_on_startup=false',
  'analytics.enabled=false',
  'features.plugins=false',
  'features.apps=false',
].flatMap(setting => ['-c', setting]);

function launch({ program, access, isSandboxed, model, resume, gitDirs, extraArgs }: LaunchRequest): Launch {
  const argv = [...program, 'exec', '--json', '--sandbox', sandboxOf(access, isSandboxed), ...quiet];
  if (access === 'write' && !isSandboxed) {
    // The git directories of a worktree are outside of it; without them every commit fails. JSON strings are TOML strings.
    argv.push('-c', `sandbox_workspace_write.writable_roots=${JSON.stringify(gitDirs)}`);
  }
  if (model !== null) argv.push('-m', model);
  argv.push(...extraArgs);
  if (resume !== null) argv.push('resume', resume);
  return { argv: [...argv, '-'], stdin: 'prompt', env: {} };
}

function sandboxOf(access: LaunchRequest['access'], isSandboxed: boolean): string {
  if (isSandboxed) return 'danger-full-access';
  return access === 'write' ? 'workspace-write' : 'read-only';
}

/** What people call the kinds of items. What came of one answer cannot be told, so the count of turns is a rough one. */
const toolNames: ReadonlyMap<string, string> = new Map([
  ['command_execution', 'Command'],
  ['file_change', 'File change'],
  ['mcp_tool_call', 'Tool'],
  ['web_search', 'Web search'],
]);
const quietItems = ['reasoning', 'todo_list', 'error'];
const noteworthy = /"type":"(?:token_usage_record|token_count|turn_context)"/;

function createReader(prices: PriceTable, configuredModel: string | null = null, isResumed = false): AgentReader {
  const book = new Book(configuredModel);
  const usage = new CodexUsage(isResumed);
  let failure: Failure | null = null;
  let doom: Failure | null = null;
  let hasChangedFiles = false;
  let isWriteRefused = false;

  const failed = (message: unknown) => {
    // A retry wraps the words of the failure: without its prefix they can be recognised.
    const text = beginningOf(message, 2_000).replace(/^Reconnecting\.\.\. \d{1,3}\/\d{1,3} \(/, '');
    failure = { evidence: { text }, resetAt: null, retryAfterMs: null };
  };

  /** A top-level `error` is a retry, or announces the `turn.failed` that follows it. */
  const error = (event: Fields) => {
    failed(event.message);
    const retry = /^Reconnecting\.\.\. (\d{1,3})\/(\d{1,3})/.exec(beginningOf(event.message, 100));
    if (!retry) return;
    const [, attempt, attempts] = retry;
    book.knock(`waits for the API (retry ${attempt} of ${attempts})`);
    // The first refusal may end in a renewed login; the second does not.
    const isRefused = /unexpected status 40[13]\b/.test(failure?.evidence.text ?? '');
    if (isRefused && Number(attempt) >= 2) doom = failure;
  };

  const item = (type: string, event: Fields): boolean => {
    const item = fieldsOf(event.item);
    const kind = textOf(item.type);
    if (kind === 'agent_message') {
      if (type !== 'item.completed') return true;
      advance();
      book.progress += 1;
      book.speak();
      book.say(textOf(item.text));
      book.does('thinks');
      return true;
    }
    if (quietItems.includes(kind)) return true;
    const name = toolNames.get(kind) ?? kind;
    if (type === 'item.started') {
      book.speak();
      book.beginTool(textOf(item.id), name, subjectOfItem(item));
    }
    if (type === 'item.completed') {
      advance();
      if (item.status === 'declined') book.deny(name);
      if (kind === 'file_change' && item.status === 'completed') hasChangedFiles = true;
      book.endTool(textOf(item.id), { hasWorked: item.status === 'completed' });
    }
    return toolNames.has(kind);
  };

  /** Something happened, so whatever was wrong has been got over. */
  const advance = () => {
    [failure, doom] = [null, null];
    book.conclusion = null;
  };

  return createStructuredReader(book, {
    name: 'Codex',
    signatures: codexSignatures,
    noise: [
      /^Reading (?:additional input|prompt) from stdin/,
      /^WARNING:/,
      // What went wrong in a tool is the agent's business, and its words are the agent's.
      /^[\d:.TZ-]+ +ERROR codex_core::tools::router: error=(?!patch rejected)/,
    ],
    denialRemedy: 'give the agent write access or run it in a sandbox of Signalbox',
    failure: () => failure,
    doom: () => doom,
    // The refusals are on standard error and in no order with the events: a file that was changed speaks against them.
    isDenied: () => book.denials.length > 0 && (isWriteRefused ? !hasChangedFiles : book.endsInDenial),
    usage() {
      const tokens = usage.total();
      const price = priceOf(prices, book.model);
      return { ...(tokens ?? noTokens), costUsd: tokens && price ? costOf(tokens, price) : null };
    },
    noted(line, since) {
      // Most of the file is what the agent has read and written.
      if (!noteworthy.test(line)) return;
      const note = parseObject(line);
      if (note === null) return;
      const { model } = fieldsOf(note.payload);
      if (note.type === 'turn_context' && configuredModel === null) book.model = nameOf(model) ?? book.model;
      usage.noted(note, !isResumed || isSince(note.timestamp, since));
    },
    readError(line) {
      if (!/^[\d:.TZ-]+ +ERROR codex_core::tools::router: error=patch rejected: writing is blocked by/.test(line))
        return;
      isWriteRefused = true;
      book.deny('apply_patch');
    },
    read(event) {
      switch (event.type) {
        case 'thread.started':
          book.session = identifierOf(event.thread_id) ?? book.session;
          return true;
        case 'turn.started':
          book.conclusion = null;
          book.does('thinks');
          return true;
        case 'item.started':
        case 'item.updated':
        case 'item.completed':
          return item(event.type, event);
        case 'turn.completed':
          [failure, doom] = [null, null];
          usage.printed(fieldsOf(event.usage));
          book.conclusion = 'success';
          book.does('has finished');
          return true;
        case 'turn.failed':
          failed(fieldsOf(event.error).message);
          book.conclusion = 'failure';
          book.does('has failed');
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

function subjectOfItem(item: Fields): string {
  const [change] = listOf(item.changes).map(fieldsOf);
  return textOf(item.command) || textOf(change?.path) || textOf(item.tool) || textOf(item.query);
}
