/** The `fetch` that Octokit is given: with a time limit and a bound for what is read, neither of which it has itself. */
import { messageOf } from '../../../domain/errors.ts';
import { ForgeError, type ForgeOptions } from '../../forge.ts';
import { bytesOf } from '../body.ts';

const defaultTimeoutMs = 30_000;
const maxBytes = 32 * 1024 * 1024;
const withoutBody = new Set([204, 205, 304]);

export function guarded({ name, fetch = globalThis.fetch, timeoutMs = defaultTimeoutMs }: ForgeOptions): typeof fetch {
  return async (input, init) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(input, { ...init, signal });
      const bytes = await bytesOf(response, maxBytes, () => {
        throw new ForgeError('invalid', `${name} answered with more than ${maxBytes} bytes.`, {
          status: response.status,
        });
      });
      const { status, statusText, headers } = response;
      return new Response(withoutBody.has(status) ? null : new Uint8Array(bytes), { status, statusText, headers });
    } catch (error) {
      if (error instanceof ForgeError) throw error;
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      const why = isLate ? `no answer within ${timeoutMs} ms` : messageOf((error as Error).cause ?? error);
      throw new ForgeError('unreachable', `${name} cannot be reached: ${why}.`);
    }
  };
}
