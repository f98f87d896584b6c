/** A message as Slack reads it: blocks and their limits, and what its markup makes of a text. */

interface TextObject {
  type: 'plain_text' | 'mrkdwn';
  text: string;
  verbatim?: boolean;
}

export interface Block {
  type: string;
  text?: TextObject;
  elements?: TextObject[];
}

export interface Body {
  text?: string;
  /** Whether the text beside the blocks is formatted. */
  mrkdwn?: boolean;
  blocks?: Block[];
}

export interface SlackMessage {
  /** As it was sent. */
  body: unknown;
  /** What people see, block by block. */
  seen: string;
  /** What a notification shows. */
  notification: string;
  links: string[];
  /** Whoever is called, as `!here` or `@U123`. */
  mentions: string[];
  /** Passages that are not shown as they were written: bold, italic, struck through. */
  formatted: string[];
  /** Passages shown as code. */
  code: string[];
}

const longest: Readonly<Record<string, number>> = { header: 150, section: 3_000, context: 3_000 };
const mostBlocks = 50;

/** The word for what is wrong with a message; undefined when it is good. */
export function wrongWith(body: Body | undefined): string | undefined {
  if (body === undefined || typeof body !== 'object') return 'invalid_payload';
  const { text = '', blocks = [] } = body;
  if (text === '' && blocks.length === 0) return 'no_text';
  const isWrong = ({ type, ...block }: Block) => {
    const most = longest[type];
    const texts = textsOf({ type, ...block });
    if (most === undefined || texts.length === 0) return true;
    if (type === 'header' && texts.some(it => it.type !== 'plain_text')) return true;
    return texts.some(it => it.text.length < 1 || it.text.length > most);
  };
  return blocks.length > mostBlocks || blocks.some(isWrong) ? 'invalid_blocks' : undefined;
}

const textsOf = ({ text, elements }: Block) => [...(text ? [text] : []), ...(elements ?? [])];

export function seenIn(body: Body): SlackMessage {
  const message: SlackMessage = {
    ...{ body, seen: '', notification: decoded(body.text ?? '') },
    ...{ links: [], mentions: [], formatted: [], code: [] },
  };
  // What stands beside blocks calls people, too.
  readCalls(body.text ?? '', message);
  if (body.mrkdwn !== false) readFormats(body.text ?? '', message);
  const seen = (body.blocks ?? []).flatMap(textsOf).map(text => {
    if (text.type === 'mrkdwn') readMarkup(text, message);
    return decoded(text.text);
  });
  message.seen = seen.join('\n');
  return message;
}

function readMarkup({ text, verbatim }: TextObject, message: SlackMessage): void {
  const rest = readFormats(readCalls(text, message), message);
  // What only looks like a link is one, unless Slack is told to leave it.
  if (verbatim !== true) message.links.push(...(rest.match(/https?:\/\/\S+/g) ?? []));
}

/** `<…>` is a link or calls somebody, wherever it stands. Answers the text without it. */
function readCalls(text: string, message: SlackMessage): string {
  return text.replace(/<([^<>]*)>/g, (_, inner: string) => {
    if (/^[!@#]/.test(inner)) message.mentions.push(inner);
    else message.links.push(decoded(inner.split('|')[0]!));
    return '';
  });
}

/** Answers the text without code. */
function readFormats(text: string, message: SlackMessage): string {
  const rest = text.replace(/`([^`\n]+)`/g, (_, code: string) => {
    message.code.push(decoded(code));
    return '';
  });
  message.formatted.push(...(rest.match(/([*_~])\S[^\n]*?\S\1/g) ?? []));
  return rest;
}

const decoded = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
