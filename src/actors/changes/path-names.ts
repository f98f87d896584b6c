/**
 * Names of files as git has them: bytes, which need not be text. Here they are strings of which each character is a byte.
 */
import { isUtf8 } from 'node:buffer';

const letters: Record<string, string> = {
  ...{ '\x07': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r' },
  ...{ '"': '"', '\\': '\\' },
};

const escaped = (byte: string) => `\\${letters[byte] ?? byte.charCodeAt(0).toString(8).padStart(3, '0')}`;

const isOdd = (byte: string) => byte < ' ' || byte === '\x7f' || byte === '"' || byte === '\\';
const isNoAscii = (byte: string) => byte > '\x7f';

const replaced = (name: string, isWanted: (byte: string) => boolean, by: (byte: string) => string) =>
  name
    .split('')
    .map(byte => (isWanted(byte) ? by(byte) : byte))
    .join('');

const bytesOf = (name: string) => Buffer.from(name, 'latin1');

/**
 * A name as text. What is no UTF-8 is written as git quotes it, `"caf\351.txt"`; so is what begins with a quote, for no two to
 * be written alike.
 */
export function shownName(name: string): string {
  const bytes = bytesOf(name);
  if (isUtf8(bytes) && !name.startsWith('"')) return bytes.toString('utf8');
  return `"${replaced(name, byte => isOdd(byte) || isNoAscii(byte), escaped)}"`;
}

/** A name in the head of a patch, where git is told to quote only what it must ("core.quotePath" of git-config). */
export function quotedName(name: string): string {
  return name.split('').some(isOdd) ? `"${replaced(name, isOdd, escaped)}"` : name;
}

/**
 * A name as an argument for git. An argument is text; of a name that is none, each byte that is no ASCII is left open, so that
 * others may be meant too.
 */
export function pathspecFor(name: string): string {
  const bytes = bytesOf(name);
  if (isUtf8(bytes)) return `:(top,literal)${bytes.toString('utf8')}`;
  const plain = name.replace(/[*?[\]\\]/g, byte => `\\${byte}`);
  return `:(top,glob)${replaced(plain, isNoAscii, () => '?')}`;
}
