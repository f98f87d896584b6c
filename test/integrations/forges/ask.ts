/** What people do on a forge goes over its API as well, without code of ours. */

export type Ask = <T = void>(method: string, path: string, body?: unknown) => Promise<T>;

export const createAsk =
  (base: string) =>
  (token: string): Ask =>
  async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
