/** The number of a port, as it is typed. */
import { SignalboxError } from '../domain/errors.ts';

/** Throws `badUsage`. */
export function portIn(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new SignalboxError('invalid', 'badUsage', '--port takes a number from 0 to 65535.');
}
