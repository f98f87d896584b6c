/** What sends the requests of an SDK: it says nothing of this machine, follows no redirect, and reads no answer without end. */
import { bytesOf } from '../http/body.ts';
import { ModelError } from '../model.ts';

type Fetch = typeof globalThis.fetch;

/** An answer has a few hundred bytes; the rest is for what servers say in an error. */
const mostBytes = 1_000_000;

/** The SDK adds the operating system, and headers that it finds in a variable of the environment. */
const sent = ['accept', 'content-type', 'user-agent', 'authorization', 'anthropic-version'];

/** A `fetch` for an SDK. Where a redirect leads to somebody else the issue would go there as well, so none is followed. */
export function createTransport(fetch: Fetch): Fetch {
  return async (address, init = {}) => {
    const given = new Headers(init.headers);
    const headers = new Headers(sent.flatMap(name => (given.has(name) ? [[name, given.get(name)!] as const] : [])));
    const response = await fetch(address, { ...init, headers, redirect: 'manual' });
    const { status, statusText } = response;
    const bytes = await bytesOf(response, mostBytes, () => {
      throw new ModelError('invalid', `The model's server answered with more than ${mostBytes} bytes.`, { status });
    });
    const hasNoBody = status === 204 || status === 205 || status === 304;
    return new Response(hasNoBody ? null : new Uint8Array(bytes), { status, statusText, headers: response.headers });
  };
}
