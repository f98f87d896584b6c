/**
 * How failures look, as data. A signature names the fields in which it may be found; all of its patterns must match, and
 * the first signature in a list that does wins, so the more precise ones come first.
 *
 * What an agent says is never searched. An agent that writes about rate limits has these very words in its messages and
 * in the results of its tools; only error fields, typed events and standard error are evidence.
 */
import type { AgentEnd, NaturalEnd } from '../../domain/outcome.ts';
import { oneLine } from './reading.ts';

export type Field =
  /** The words of a typed failure. */
  | 'text'
  /** The program's own names for it. */
  | 'kind'
  | 'detail'
  /** How it says that it came to its end, and why the model stopped. */
  | 'ending'
  | 'stopReason'
  /** The HTTP status, as digits. */
  | 'status'
  /** The exit code, as digits. */
  | 'exit'
  | 'stderr';

export type Evidence = Readonly<Partial<Record<Field, string>>>;

export interface Signature {
  when: Readonly<Partial<Record<Field, RegExp>>>;
  class: NaturalEnd;
  code: string;
  message: string;
  /** What a person can do about it. */
  remedy?: string;
}

/** A failure that was recognised, and the words by which the program told of it. */
export interface Recognised {
  end: AgentEnd;
  said: string;
}

/** Recognises a failure; null when no signature fits. Times are not its business. */
export function recognise(signatures: readonly Signature[], evidence: Evidence): Recognised | null {
  const signature = signatures.find(({ when }) =>
    Object.entries(when).every(([field, pattern]) => pattern.test(evidence[field as Field] ?? '')),
  );
  if (signature === undefined) return null;
  const { class: kind, code, message, remedy } = signature;
  const said = wordsOf(signature, evidence);
  const found = oneLine(/"message":\s*"((?:[^"\\]|\\.){1,300})"/.exec(said)?.[1] ?? said, 300);
  return {
    said,
    end: {
      class: kind,
      code,
      message: `${message}${found === '' ? '' : ` (${found})`}${remedy === undefined ? '' : `; ${remedy}`}`,
      resetAt: null,
      retryAfterMs: null,
    },
  };
}

/**
 * The words of the failure: those of the error itself, or else the line of standard error that was recognised. Some hand on the
 * answer of the provider as it is, JSON within their own words.
 */
function wordsOf({ when }: Signature, { text = '', stderr = '' }: Evidence): string {
  if (text !== '' && when.stderr === undefined) return text;
  const found = when.stderr?.exec(stderr);
  if (!found) return '';
  const begin = stderr.lastIndexOf('\n', found.index) + 1;
  const end = stderr.indexOf('\n', found.index);
  return stderr.slice(begin, end === -1 ? undefined : end);
}

const logIn = 'log in again or set the API key for this agent';
const waitForReset = 'wait for the reset or raise the limit at the provider';
const freshSession = 'a fresh session or a shorter prompt is needed';

/** The words for the same failure of any program. */
const words = {
  authentication: {
    class: 'authentication',
    code: 'authentication',
    message: 'the provider refused the credentials',
    remedy: logIn,
  },
  billing: {
    class: 'quota',
    code: 'billing',
    message: 'there is no credit left at the provider',
    remedy: 'add credit',
  },
  usageLimit: { class: 'quota', code: 'usageLimit', message: 'the allowance is used up', remedy: waitForReset },
  context: {
    class: 'contextExhausted',
    code: 'contextExhausted',
    message: 'the context of the model is full',
    remedy: freshSession,
  },
  rateLimit: { class: 'transient', code: 'rateLimit', message: 'the provider limits the rate of requests' },
  overloaded: { class: 'transient', code: 'overloaded', message: 'the provider is overloaded' },
  serverError: { class: 'transient', code: 'serverError', message: 'the provider failed' },
  network: { class: 'transient', code: 'network', message: 'the provider could not be reached' },
  malformed: {
    class: 'transient',
    code: 'malformed',
    message: 'the provider, or a proxy before it, answered nonsense',
  },
  modelNotFound: {
    class: 'permanent',
    code: 'modelNotFound',
    message: 'the model does not exist or is not open to this account',
    remedy: 'check the model in the configuration',
  },
  badRequest: { class: 'permanent', code: 'badRequest', message: 'the provider refused the request' },
  unknownSession: {
    class: 'permanent',
    code: 'unknownSession',
    message: 'the session cannot be gone on with',
    remedy: 'a fresh one is needed',
  },
  interrupted: { class: 'interrupted', code: 'interrupted', message: 'the agent was interrupted' },
  refusal: { class: 'refused', code: 'refusal', message: 'the model declined the work' },
} as const satisfies Record<string, Omit<Signature, 'when'>>;

/** What every program says on standard error when it cannot even begin. */
const beginnings: readonly Signature[] = [
  {
    when: {
      stderr:
        /is not a (?:tty|terminal)|not a tty|raw mode is not supported|requires? (?:a|an interactive) (?:tty|terminal)/i,
    },
    class: 'permanent',
    code: 'needsTerminal',
    message: 'the program wants a terminal and has none',
    remedy: 'give it the arguments for unattended work',
  },
  {
    when: {
      stderr:
        /Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|^\w*SyntaxError:|error while loading shared libraries|invalid ELF header/m,
    },
    class: 'permanent',
    code: 'brokenInstall',
    message: 'the installation of the program is broken',
    remedy: 'install it again',
  },
  {
    when: { stderr: /cannot be used with root/i },
    class: 'permanent',
    code: 'rootRefused',
    message: 'the program does not work unasked as root',
    remedy: 'run as another user or in a sandbox',
  },
  {
    when: { stderr: /not running in a trusted directory|not inside a trusted directory/i },
    class: 'permanent',
    code: 'untrustedDirectory',
    message: 'the program does not trust its directory',
    remedy: 'trust it once by hand, or run in a sandbox',
  },
  {
    when: { stderr: /not a git repository/i },
    class: 'permanent',
    code: 'notARepository',
    message: 'the program wants a git repository',
  },
  {
    when: {
      stderr: /unknown option|unexpected argument|unknown arguments?:|unrecognized arguments|requires --verbose/i,
    },
    class: 'permanent',
    code: 'badArguments',
    message: 'the program does not take its arguments',
    remedy: 'check `args` of the agent and the version of the program',
  },
  {
    when: { stderr: /ENOSPC|no space left on device/i },
    class: 'permanent',
    code: 'diskFull',
    message: 'the disk is full',
  },
  { when: { stderr: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT/ }, ...words.network },
];

export const claudeSignatures: readonly Signature[] = [
  { when: { text: /^No conversation found with session ID/ }, ...words.unknownSession },
  { when: { ending: /prompt_too_long/ }, ...words.context },
  { when: { text: /^Prompt is too long/ }, ...words.context },
  { when: { status: /^413$/ }, ...words.context },
  {
    when: { ending: /max_turns/ },
    class: 'budget',
    code: 'maxTurns',
    message: 'the agent used all the turns that it was given',
  },
  {
    when: { ending: /max_budget_usd|budget_exhausted/ },
    class: 'budget',
    code: 'maxCost',
    message: 'the agent used all the money that it was given',
  },
  { when: { ending: /aborted_/ }, ...words.interrupted },
  // With exit code 0 it was interrupted; a real error leaves with 1.
  { when: { ending: /error_during_execution/, exit: /^0$/ }, ...words.interrupted },
  { when: { stopReason: /^refusal$/ }, ...words.refusal },
  { when: { detail: /^usage_limit_reached$/ }, ...words.usageLimit },
  { when: { text: /^You've hit your .{0,40}limit/ }, ...words.usageLimit },
  { when: { text: /reached your specified API usage limits/ }, ...words.usageLimit },
  { when: { kind: /^billing_error$/ }, ...words.billing },
  { when: { status: /^402$/ }, ...words.billing },
  { when: { text: /^Credit balance is too low/ }, ...words.billing },
  { when: { status: /^40[13]$/ }, ...words.authentication },
  { when: { kind: /^authentication_failed$/ }, ...words.authentication },
  { when: { text: /^Not logged in|^Invalid API key|^Failed to authenticate/ }, ...words.authentication },
  { when: { status: /^529$/ }, ...words.overloaded },
  { when: { text: /^API Error: Repeated 529/ }, ...words.overloaded },
  { when: { status: /^429$/ }, ...words.rateLimit },
  { when: { kind: /^rate_limit$/ }, ...words.rateLimit },
  { when: { status: /^5\d\d$/ }, ...words.serverError },
  { when: { detail: /^connection_failed$/ }, ...words.network },
  { when: { text: /^Request timed out|\((?:ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/ }, ...words.network },
  {
    when: { text: /^API Error: (?:API returned an empty or malformed response|JSON Parse error)/ },
    ...words.malformed,
  },
  { when: { kind: /^server_error$/ }, ...words.serverError },
  { when: { kind: /^model_not_found$/ }, ...words.modelNotFound },
  { when: { status: /^404$/ }, ...words.modelNotFound },
  { when: { status: /^4\d\d$/ }, ...words.badRequest },
  {
    when: {
      stderr:
        /^No conversation found with session ID|^(?:Error: )?Session ID \S+ is already in use|^(?:Error: )?Invalid session ID/m,
    },
    ...words.unknownSession,
  },
  ...beginnings,
];

export const codexSignatures: readonly Signature[] = [
  { when: { text: /ran out of room in the model's context window|unexpected status 413\b/ }, ...words.context },
  { when: { text: /^You[’']ve hit your usage limit/ }, ...words.usageLimit },
  {
    when: { text: /^Quota exceeded|upgrade to Plus|\b(?:is|are) out of credits\b|insufficient_quota/i },
    ...words.billing,
  },
  {
    when: {
      text: /unexpected status 40[13]\b|^Missing environment variable|^Not logged in|access token could not be refreshed|refresh token (?:has expired|was already used|was revoked|is invalid)|log out and sign in again/i,
    },
    ...words.authentication,
  },
  { when: { text: /last status: 429|unexpected status 429|^rate limit (?:exceeded|reached)/i }, ...words.rateLimit },
  { when: { text: /is at capacity|currently experiencing high demand/ }, ...words.overloaded },
  { when: { text: /unexpected status 5\d\d/ }, ...words.serverError },
  { when: { text: /stream closed before response\.completed/ }, ...words.malformed },
  { when: { text: /stream disconnected before completion|error sending request/ }, ...words.network },
  { when: { text: /model does not exist|model is not supported/ }, ...words.modelNotFound },
  {
    when: { text: /^Incomplete response returned, reason: max_output_tokens/ },
    class: 'permanent',
    code: 'maxOutput',
    message: 'the answer of the model was cut off',
  },
  { when: { text: /content_filter|flagged as potentially violating/ }, ...words.refusal },
  { when: { text: /^\{"error":|unexpected status 4\d\d/ }, ...words.badRequest },
  { when: { stderr: /no rollout found for thread id|thread\/resume failed/ }, ...words.unknownSession },
  // Without `--json` the same words come on standard error, after ERROR.
  { when: { stderr: /^ERROR: You[’']ve hit your usage limit/m }, ...words.usageLimit },
  { when: { stderr: /^ERROR: (?:Quota exceeded|.*upgrade to Plus|.*\bout of credits\b)/m }, ...words.billing },
  {
    when: {
      stderr:
        /^ERROR: (?:.*unexpected status 40[13]\b|Missing environment variable|.*access token could not be refreshed|.*log out and sign in again)|Not logged in/m,
    },
    ...words.authentication,
  },
  { when: { stderr: /^ERROR: .*(?:last status: 429|rate limit (?:exceeded|reached))/im }, ...words.rateLimit },
  { when: { stderr: /^ERROR: .*(?:is at capacity|currently experiencing high demand)/m }, ...words.overloaded },
  { when: { stderr: /^ERROR: .*(?:unexpected status 5\d\d|stream disconnected)/m }, ...words.serverError },
  ...beginnings,
];

/** The model has no room for anybody, which is not the allowance of the account. */
const capacityGone = /MODEL_CAPACITY_EXHAUSTED|No capacity available for model/;
/** However it is said that nobody answered, within the program's own brackets. */
const apiUnreachable =
  /^\[API Error: (?:terminated|[^\]{]*(?:fetch failed|socket hang up|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|network error))/i;

export const geminiSignatures: readonly Signature[] = [
  // Before the quotas: those of the provider, not ours, are used up.
  { when: { text: capacityGone }, ...words.overloaded },
  { when: { text: apiUnreachable }, ...words.network },
  { when: { text: /exhausted your daily quota|exceeded your current quota/ }, ...words.usageLimit },
  {
    when: { text: /API_KEY_INVALID|API key not valid|PERMISSION_DENIED|UNAUTHENTICATED|"code":40[13]\b/ },
    ...words.authentication,
  },
  {
    when: { text: /input token count .{0,80}exceeds the maximum|"code":413\b|Request Entity Too Large/ },
    ...words.context,
  },
  {
    when: { text: /^\[API Error: [^\]]*(?:finishReason|finish reason|blockReason)[^\]]*(?:SAFETY|PROHIBITED)/ },
    ...words.refusal,
  },
  { when: { text: /Resource has been exhausted|RESOURCE_EXHAUSTED|"code":429\b/ }, ...words.rateLimit },
  { when: { text: /model is overloaded|UNAVAILABLE|"code":503\b/ }, ...words.overloaded },
  {
    when: { text: /Incomplete JSON segment|stream ended without a finish reason|empty response/i },
    ...words.malformed,
  },
  { when: { text: /^\[API Error: model: |NOT_FOUND|"code":404\b/ }, ...words.modelNotFound },
  { when: { text: /"code":5\d\d\b/ }, ...words.serverError },
  { when: { stderr: /^Error resuming session:/m }, ...words.unknownSession },
  { when: { stderr: capacityGone }, ...words.overloaded },
  { when: { stderr: /TerminalQuotaError|exhausted your daily quota/ }, ...words.usageLimit },
  {
    when: {
      stderr:
        /API_KEY_INVALID|API key not valid|"status":"PERMISSION_DENIED"|must specify the GEMINI_API_KEY|set an Auth method|Invalid auth method selected|FatalAuthenticationError/i,
    },
    ...words.authentication,
  },
  { when: { stderr: /input token count .{0,80}exceeds the maximum/ }, ...words.context },
  { when: { stderr: /ModelNotFoundError/ }, ...words.modelNotFound },
  { when: { stderr: /^Attempt \d+ failed: Resource has been exhausted|RetryableQuotaError/m }, ...words.rateLimit },
  { when: { stderr: /^Attempt \d+ failed with status 429/m }, ...words.rateLimit },
  { when: { stderr: /^Attempt \d+ failed.{0,200}(?:fetch failed|socket hang up|network)/m }, ...words.network },
  { when: { stderr: /^Attempt \d+ failed with status 503/m }, ...words.overloaded },
  { when: { stderr: /^Attempt \d+ failed with status 5\d\d/m }, ...words.serverError },
  ...beginnings,
  // The exit code is the HTTP status modulo 256, or one of its own.
  { when: { exit: /^157$/ }, ...words.context },
  { when: { exit: /^(?:41|145|147)$/ }, ...words.authentication },
  { when: { exit: /^173$/ }, ...words.rateLimit },
  { when: { exit: /^(?:17|247)$/ }, ...words.overloaded },
  { when: { exit: /^(?:244|246|248)$/ }, ...words.serverError },
  { when: { exit: /^148$/ }, ...words.modelNotFound },
  { when: { exit: /^144$/ }, ...words.badRequest },
  {
    when: { exit: /^53$/ },
    class: 'budget',
    code: 'maxTurns',
    message: 'the agent used all the turns that it was given',
  },
  { when: { exit: /^130$/ }, ...words.interrupted },
  { when: { exit: /^44$/ }, class: 'permanent', code: 'sandbox', message: 'its own sandbox could not be set up' },
  { when: { exit: /^52$/ }, class: 'permanent', code: 'badConfiguration', message: 'its own configuration is broken' },
  {
    when: { exit: /^55$/ },
    class: 'permanent',
    code: 'untrustedDirectory',
    message: 'the program does not trust its directory',
  },
];

export const opencodeSignatures: readonly Signature[] = [
  { when: { kind: /^ContextOverflowError$/ }, ...words.context },
  { when: { text: /prompt is too long|maximum context length/i }, ...words.context },
  { when: { stopReason: /^unknown$/ }, ...words.malformed },
  { when: { kind: /^MessageAbortedError$/ }, ...words.interrupted },
  { when: { kind: /^ProviderAuthError$/ }, ...words.authentication },
  { when: { stopReason: /^content-filter$/ }, ...words.refusal },
  { when: { status: /^413$/ }, ...words.context },
  { when: { status: /^402$/ }, ...words.billing },
  { when: { status: /^4/, text: /credit balance|insufficient_quota|billing/i }, ...words.billing },
  { when: { status: /^4/, text: /usage limit/i }, ...words.usageLimit },
  { when: { status: /^40[13]$/ }, ...words.authentication },
  { when: { status: /^429$/ }, ...words.rateLimit },
  { when: { status: /^5(?:03|29)$/ }, ...words.overloaded },
  { when: { status: /^5\d\d$/ }, ...words.serverError },
  { when: { status: /^404$/ }, ...words.modelNotFound },
  { when: { kind: /ModelNotFound/ }, ...words.modelNotFound },
  { when: { text: /session not found/i }, ...words.unknownSession },
  // The program's own word for errors that may pass.
  { when: { detail: /^retryable$/ }, ...words.serverError },
  { when: { text: /ECONNREFUSED|ECONNRESET|unable to connect|socket connection was closed/i }, ...words.network },
  { when: { status: /^4\d\d$/ }, ...words.badRequest },
  { when: { stderr: /session not found/i }, ...words.unknownSession },
  {
    when: { stderr: /^opencode run \[message\.\.\]/m },
    class: 'permanent',
    code: 'badArguments',
    message: 'the program does not take its arguments',
    remedy: 'check `args` of the agent and the version of the program',
  },
  ...beginnings,
];

/** Of aider we know the documentation only: it names the exceptions of the library that it talks to models with. */
export const aiderSignatures: readonly Signature[] = [
  { when: { stderr: /^litellm\.AuthenticationError|^litellm\.PermissionDeniedError/m }, ...words.authentication },
  { when: { stderr: /^litellm\.ContextWindowExceededError/m }, ...words.context },
  { when: { stderr: /^litellm\.RateLimitError/m }, ...words.rateLimit },
  { when: { stderr: /^litellm\.(?:InternalServerError|ServiceUnavailableError)/m }, ...words.serverError },
  { when: { stderr: /^litellm\.(?:APIConnectionError|Timeout)/m }, ...words.network },
  { when: { stderr: /^litellm\.NotFoundError/m }, ...words.modelNotFound },
  ...beginnings,
];
