/** The API of Gitea and Forgejo, over the HTTP that our own clients share. */
import type { ForgeOptions } from '../../forge.ts';
import { createHttp, type Http, type Watched } from '../../http/client.ts';
import { OutsideError } from '../../outside.ts';
import { versionAnswer } from './answers.ts';

export const createGiteaApi = ({ name, url, token, fetch, timeoutMs }: ForgeOptions, watched: Watched = {}): Http =>
  createHttp({
    ...watched,
    name,
    base: `${url.replace(/\/+$/, '')}/api/v1`,
    headers: { authorization: `token ${token}` },
    secrets: [token],
    fetch,
    timeoutMs,
    // No more than 50 are given, whatever is asked for.
    paging: { parameter: 'limit', size: 50 },
  });

/** For people; `unknown` where it is kept from us. */
export async function versionOf(http: Http): Promise<string> {
  try {
    return (await http.get('/version', versionAnswer)).version;
  } catch (error) {
    if (error instanceof OutsideError && error.failure === 'notFound') return 'unknown';
    throw error;
  }
}
