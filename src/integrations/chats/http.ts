/** What the chats that are spoken to over HTTP have in common. */
import type { ChatOptions } from '../chat.ts';
import { type Answer, createHttp, type Http } from '../http/client.ts';
import type { Meaning } from '../http/failure.ts';
import { OutsideError } from '../outside.ts';

const largestAnswer = 1024 * 1024;

interface Wanted {
  /** Where requests go. */
  base: string;
  headers?: Readonly<Record<string, string>>;
  secrets: readonly string[];
  meaning?: (answer: Answer) => Meaning;
}

/** An HTTP client that follows no redirect: the address of a chat holds its secret, and a message is sent to nobody else. */
export const createChatHttp = ({ name, fetch, timeoutMs }: ChatOptions, { headers = {}, ...wanted }: Wanted): Http =>
  createHttp({
    ...wanted,
    name,
    headers,
    fetch,
    timeoutMs,
    maxBytes: largestAnswer,
    maxRedirects: 0,
    // No chat is asked for a list.
    paging: { parameter: 'limit', size: 1 },
  });

/** The address in the options; throws `invalid` for one that is not of HTTP, without showing it. */
export function addressOf({ name, url }: ChatOptions): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address && /^https?:$/.test(address.protocol)) return address;
  throw new OutsideError('invalid', `The address of ${name} is none of http:// or https://.`);
}

/** What must not be shown of an address that is a secret, longest first: the whole, and the parts that would give it away. */
export function secretsOf({ href, pathname, search, searchParams }: URL): string[] {
  const telling = [...pathname.split('/'), ...searchParams.values()].filter(part => part.length >= 8);
  return [href, pathname + search, pathname, search, ...telling].filter(part => part.length > 1);
}
