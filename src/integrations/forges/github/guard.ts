/**
 * The `fetch` that Octokit is given: with a time limit, a bound for what is read, and redirects that stay with the
 * server, none of which it has itself. A body may hold the secret of a hook: it goes nowhere else.
 */
import { messageOf } from '../../../domain/errors.ts';
import type { ForgeOptions } from '../../forge.ts';
import { bytesOf } from '../../http/body.ts';
import type { Watched } from '../../http/client.ts';
import { OutsideError } from '../../outside.ts';

const defaultTimeoutMs = 30_000;
const maxBytes = 32 * 1024 * 1024;
const mostRedirects = 5;
const withoutBody = new Set([204, 205, 304]);

export function guarded(
  { name, fetch = globalThis.fetch, timeoutMs = defaultTimeoutMs }: ForgeOptions,
  { pace, onAnswer }: Watched = {},
): typeof fetch {
  async function send(url: URL, init: RequestInit, hops = 0): Promise<Response> {
    const response = await fetch(url.href, { ...init, redirect: 'manual' });
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    const target = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
    // A repository that was renamed: 307 and 308 say that a write may be sent there too.
    const mayFollow = init.method === 'GET' || response.status === 307 || response.status === 308;
    if (target?.origin === url.origin && mayFollow && hops < mostRedirects) return send(target, init, hops + 1);
    throw new OutsideError('invalid', `${name} sends ${init.method} ${url.pathname} elsewhere: check its address.`, {
      status: response.status,
    });
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    try {
      await pace?.turn('work');
      const sentAt = Date.now();
      const response = await send(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
      pace?.heed(response);
      onAnswer?.(response.headers, sentAt);
      const bytes = await bytesOf(response, maxBytes, () => {
        throw new OutsideError('invalid', `${name} answered with more than ${maxBytes} bytes.`, {
          status: response.status,
        });
      });
      const { status, statusText, headers } = response;
      return new Response(withoutBody.has(status) ? null : new Uint8Array(bytes), { status, statusText, headers });
    } catch (error) {
      throw error instanceof OutsideError ? error : unreachable(name, timeoutMs, error);
    }
  };
}

function unreachable(name: string, timeoutMs: number, error: unknown): OutsideError {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const why = isLate ? `no answer within ${timeoutMs} ms` : messageOf(cause);
  return new OutsideError('unreachable', `${name} cannot be reached: ${why}.`);
}
