/** Reads a mail as a mail program does, as far as ours are written: headers, a text, and the same in HTML. */

export interface Mail {
  /** By their names in lower case, unfolded and decoded; one that comes twice is in the list twice. */
  headers: readonly (readonly [name: string, value: string])[];
  text: string;
  html: string;
}

export const headerOf = ({ headers }: Mail, name: string): string[] =>
  headers.filter(([it]) => it === name).map(([, value]) => value);

interface Part {
  headers: Mail['headers'];
  body: string;
}

export function readMail(raw: string): Mail {
  const mail = partOf(raw);
  const boundary = /boundary="([^"]+)"/.exec(firstOf(mail, 'content-type'))?.[1];
  const parts = boundary === undefined ? [mail] : mail.body.split(`--${boundary}`).slice(1, -1).map(partOf);
  const ofType = (type: string) => parts.find(part => firstOf(part, 'content-type').startsWith(type));
  return { headers: mail.headers, text: contentOf(ofType('text/plain')), html: contentOf(ofType('text/html')) };
}

const firstOf = ({ headers }: Part, name: string) => headers.find(([it]) => it === name)?.[1] ?? '';

function partOf(raw: string): Part {
  const [, head = '', body = ''] = /^\s*([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(raw) ?? [];
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.map(line => {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    return [name.toLowerCase(), wordsOf(value)] as const;
  });
  return { headers, body };
}

/** Words that are no ASCII, as `=?UTF-8?Q?…?=`. */
const wordsOf = (value: string) =>
  value
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      how.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString() : quoted(word.replaceAll('_', ' ')),
    );

const quoted = (text: string) =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString();

function contentOf(part: Part | undefined): string {
  if (!part) return '';
  const encoding = firstOf(part, 'content-transfer-encoding').toLowerCase();
  const content =
    encoding === 'base64'
      ? Buffer.from(part.body, 'base64').toString()
      : encoding === 'quoted-printable'
        ? // A line ends softly where the next one belongs to it.
          quoted(part.body.replace(/=\r\n/g, ''))
        : part.body;
  return content.replaceAll('\r\n', '\n').trim();
}
