/**
 * How a browser signs in to the inspector. A WebSocket of a browser cannot send headers of its own, and a token in an
 * address ends up in histories and logs. So it is sent as one of the subprotocols that are asked for,
 * `signalbox.token.<the token in base64url>`, beside the one that is spoken, `signalbox`; only that one is answered.
 */

/** What is spoken, and answered as the subprotocol. */
export const inspectorProtocol = 'signalbox';

const prefix = `${inspectorProtocol}.token.`;

/** The token in a header `Sec-WebSocket-Protocol`; undefined where there is none that can be read. */
export function tokenIn(header: string | undefined): string | undefined {
  const asked = (header ?? '').split(',').map(name => name.trim());
  const written = asked.find(name => name.startsWith(prefix))?.slice(prefix.length) ?? '';
  return /^[\w-]+$/.test(written) ? Buffer.from(written, 'base64url').toString('utf8') : undefined;
}
