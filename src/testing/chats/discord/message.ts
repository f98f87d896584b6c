/** A message as Discord reads it: its limits, and what its Markdown makes of a text. */

export interface Sent {
  content?: string;
  flags?: number;
  allowed_mentions?: { parse?: string[]; users?: string[]; roles?: string[] };
}

export interface DiscordMessage {
  /** As it was sent. */
  sent: Sent;
  /** What people see, without markup. */
  seen: string;
  /** Whoever is called, as `@everyone` or `<@123>`. */
  mentions: string[];
  links: string[];
  /** Links of which a preview is shown. */
  previews: string[];
  /** Passages in bold, italic, struck through, hidden, as a heading, a list or a quote, and links with another text. */
  formatted: string[];
  /** Passages shown as code, in a line or as a block. */
  code: string[];
}

const longestContent = 2_000;
const suppressEmbeds = 4;

/** What is wrong with a message, as Discord says it; undefined when it is good. */
export function wrongWith({ content = '' }: Sent): object | undefined {
  const length = [...content].length;
  if (length > 0 && length <= longestContent) return undefined;
  const message = length === 0 ? 'Cannot send an empty message' : `Must be ${longestContent} or fewer in length.`;
  return { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message }] } };
}

const token = /\\([^\p{L}\p{N}\s])|```(?:\w*\n)?([\s\S]*?)```|`([^`]+)`|<(https?:\/\/[^\s<>]+)>/gu;
/** Stands for a sign that means only itself. */
const taken = '\u0000';

export function seenIn(sent: Sent): DiscordMessage {
  const { content = '', flags = 0, allowed_mentions } = sent;
  const message: DiscordMessage = { sent, seen: '', mentions: [], links: [], previews: [], formatted: [], code: [] };
  const literal: string[] = [];
  const rest = content.replace(token, (_, sign?: string, block?: string, span?: string, link?: string) => {
    if (block !== undefined || span !== undefined) message.code.push((block ?? span)!.replace(/\n$/, ''));
    if (link !== undefined) message.links.push(link);
    literal.push(sign ?? block ?? span ?? link ?? '');
    return taken;
  });
  const isAllowed = (what: string) => allowed_mentions?.parse?.includes(what) ?? allowed_mentions === undefined;
  if (isAllowed('everyone')) message.mentions.push(...(rest.match(/@(?:everyone|here)\b/g) ?? []));
  if (isAllowed('users')) message.mentions.push(...(rest.match(/<@!?\d+>/g) ?? []));
  if (isAllowed('roles')) message.mentions.push(...(rest.match(/<@&\d+>/g) ?? []));
  const bare = rest.match(/https?:\/\/[^\s<\0]+/g) ?? [];
  message.links.push(...bare);
  if ((flags & suppressEmbeds) === 0) message.previews.push(...bare);
  const seen = rest.replace(/(\*\*|__|~~|\|\||[*_])(?=\S)([^\n]*?\S)\1/g, (whole, _mark, inner: string) => {
    message.formatted.push(whole);
    return inner;
  });
  message.formatted.push(
    ...(seen.match(/\[[^\]\n]+\]\([^)\n]+\)|^(?:#{1,3}|-#|[-*]|\d+\.|>{1,3}) .*|<[@#:t][^>\n]*>/gm) ?? []),
  );
  message.seen = seen.replaceAll(taken, () => literal.shift() ?? '');
  message.formatted = message.formatted.map(passage => passage.replaceAll(taken, ''));
  return message;
}
