/** Reading what an agent has left: it may be anything, and nothing of it may hold us up. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** The text of a regular file. Throws for anything else; a pipe without a writer would block the whole process. */
export function readDocument(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${path} is not a file`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
