/** What a program wrote to standard error: its beginning and its end, without the lines that say nothing. */
import { stripVTControlCharacters } from 'node:util';
import { copy, oneLine } from './reading.ts';

const lineLimit = 2_000;
const beginningLimit = 2_000;
const endLimit = 6_000;

export class StandardError {
  readonly #noise: readonly RegExp[];
  #beginning = '';
  #end = '';
  #first = '';
  /** A stack trace of Node begins with a place and the code there; what went wrong follows. */
  #error = '';

  constructor(noise: readonly RegExp[]) {
    this.#noise = noise;
  }

  /** Takes a line in and returns it readable; null when it is one of those that say nothing. */
  add(raw: string): string | null {
    const line = copy(stripVTControlCharacters(raw.slice(0, lineLimit)));
    if (line.trim() === '' || this.#noise.some(pattern => pattern.test(line))) return null;
    this.#first ||= oneLine(line, 300);
    if (/^\w*Error\b.*:/.test(line)) this.#error ||= oneLine(line, 300);
    if (this.#beginning.length + line.length < beginningLimit) this.#beginning += `${line}\n`;
    else this.#end = `${this.#end}${line}\n`.slice(-endLimit);
    return line;
  }

  /** The first line that says something, for people. */
  get first(): string {
    return this.#error || this.#first;
  }

  get text(): string {
    return this.#beginning + this.#end;
  }
}
