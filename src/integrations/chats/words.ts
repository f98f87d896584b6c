/** What every chat says of a notice, whatever its markup. */
import type { Notice, Severity } from '../chat.ts';
import { oneLine, plain } from './text.ts';

const signs: Readonly<Record<Severity, string>> = { info: 'ℹ️', warning: '⚠️', critical: '🚨' };

export const signOf = ({ severity }: Notice): string => signs[severity];

/** What happened, in a line that is never empty. */
export const titleOf = ({ title, event }: Notice): string => oneLine(title) || oneLine(event);

/** Why, in lines. */
export const reasonOf = ({ text }: Notice): string => plain(text);

/** How many like it were held back; empty when there were none. */
export const heldBackOf = ({ heldBack }: Notice): string =>
  heldBack === 0
    ? ''
    : heldBack === 1
      ? '1 more like this was held back.'
      : `${heldBack} more like this were held back.`;

/** A repeat has the same one. */
export const markOf = ({ id }: Notice): string => `· ${id.slice(0, 8)}`;

/** A longer address is none that people can follow. */
const longestLink = 500;
const longestCommand = 300;

/** The one thing that answers a notice. */
export type Answering = { link: string } | { command: string } | null;

/**
 * The link where there is one, else the command. The link is shown as it is: what stands on it is where it leads, and
 * chats that make no link of an address on this machine still show it.
 */
export function answeringOf({ url, command }: Notice): Answering {
  const link = url !== null && URL.canParse(url) ? new URL(url) : null;
  if (link && /^https?:$/.test(link.protocol) && link.href.length <= longestLink) return { link: link.href };
  const line = command === null ? '' : oneLine(command);
  return line !== '' && line.length <= longestCommand ? { command: line } : null;
}
