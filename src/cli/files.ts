/** Files that are given on the command line and travel as text. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';

const longestBody = 1_000_000;

/** The body of a work item; `-` is standard input. Throws `badBody` when it cannot be read as text. */
export function readBody(file: string): string {
  const refuse = (why: string): never => {
    throw new SignalboxError('invalid', 'badBody', why, { remedy: { say: 'give a text file', field: 'bodyFile' } });
  };
  if (file === '-') return textOf(readFileSync(0), 'standard input', refuse);
  if (file.includes('\0') || !existsSync(file)) refuse(`There is no file ${quote(file)}.`);
  if (!statSync(file).isFile()) refuse(`${quote(file)} is not a file.`);
  // Before it is read: nobody writes a work item of this size.
  if (statSync(file).size > longestBody * 4) refuse(`${file} is longer than ${longestBody} characters.`);
  return textOf(readFileSync(file), file, refuse);
}

function textOf(bytes: Buffer, name: string, refuse: (why: string) => never): string {
  const text = bytes.toString('utf8');
  if (text.includes('\0')) refuse(`${name} is not a text file.`);
  if (text.length > longestBody) refuse(`${name} is longer than ${longestBody} characters.`);
  return text;
}
