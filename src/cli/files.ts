/** Files that are given on the command line and travel as text. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';

const longestBody = 1_000_000;

/** The body of a work item. Throws `badBody` when it cannot be read as text. */
export function readBody(file: string): string {
  const refuse = (why: string): never => {
    throw new SignalboxError('invalid', 'badBody', why, { remedy: { say: 'give a text file', field: 'bodyFile' } });
  };
  if (file.includes('\0') || !existsSync(file)) refuse(`There is no file ${quote(file)}.`);
  if (!statSync(file).isFile()) refuse(`${quote(file)} is not a file.`);
  // Before it is read: nobody writes a work item of this size.
  if (statSync(file).size > longestBody * 4) refuse(`${file} is longer than ${longestBody} characters.`);
  const text = readFileSync(file, 'utf8');
  if (text.includes('\0')) refuse(`${file} is not a text file.`);
  if (text.length > longestBody) refuse(`${file} is longer than ${longestBody} characters.`);
  return text;
}
