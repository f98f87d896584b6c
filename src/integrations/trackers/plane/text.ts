/** What people read in Plane's HTML. */
import { htmlLines } from '../../webhooks/html.ts';
import { wholeText } from '../../webhooks/text.ts';

/** All of it, without markup. */
export const textOf = (html: string): string => wholeText(htmlLines(html));

/** Whether two are the same to a reader: what they say, and where they lead. Some editions change the markup on the way. */
export const readsAlike = (one: string, other: string): boolean =>
  one === other || (textOf(one) === textOf(other) && linksOf(one) === linksOf(other));

const linksOf = (html: string) => [...html.matchAll(/\bhref="([^"]*)"/g)].map(([, address]) => address).join(' ');
