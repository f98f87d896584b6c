/** What a failure of Anthropic's SDK means. */
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { messageOf } from '../../../domain/errors.ts';
import { failureOf, retryAtOf, wordsOf } from '../../http/failure.ts';
import { ModelError, type ModelUsage } from '../../model.ts';

interface Failing {
  apiKey: string;
  timeoutMs: number;
  /** What an answer may have cost that was not waited for. */
  most: ModelUsage;
  isLate: boolean;
}

/** What went wrong on the way, without the key. */
export function failed(error: unknown, { apiKey, timeoutMs, most, isLate }: Failing): ModelError {
  const spoken = (text: string) => text.replaceAll(apiKey || '\0', '***');
  if (isLate || isTimeout(error)) {
    return new ModelError('unreachable', `The model gave no answer within ${timeoutMs} ms.`, { usage: most });
  }
  if (error instanceof APIUserAbortError) {
    return new ModelError('unreachable', 'The model was no longer waited for.', { usage: most });
  }
  if (error instanceof APIError && error.status !== undefined) return refused(error, spoken);
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof ModelError) return cause;
  const why = spoken(rootOf(error));
  // What is no JSON although it says so, and whatever else the SDK stumbles over.
  if (!(error instanceof APIConnectionError))
    return new ModelError('invalid', `The model's answer cannot be read: ${why}.`, { usage: most });
  return new ModelError('unreachable', `The model cannot be reached: ${why}.`);
}

function refused(error: APIError, spoken: (text: string) => string): ModelError {
  const { status = 0, headers = new Headers() } = error;
  const failure = failureOf(status, headers);
  const words = spoken(wordsOf(error.error));
  const retryAt = failure === 'limited' || failure === 'unreachable' ? retryAtOf(headers, Date.now()) : null;
  return new ModelError(failure, `The model's server answered ${status}${words ? `: ${words}` : '.'}`, {
    status,
    retryAt,
  });
}

const isTimeout = (error: unknown) =>
  error instanceof Error && (error.name === 'TimeoutError' || error instanceof APIConnectionTimeoutError);

/** The innermost cause: `fetch failed` says nothing. */
function rootOf(error: unknown): string {
  let root = error;
  for (let depth = 0; depth < 5 && root instanceof Error && root.cause !== undefined; depth++) root = root.cause;
  return messageOf(root).slice(0, 200);
}
