/** Reading what an agent has left: it may be anything, and nothing of it may hold us up. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

const largestBytes = 4_000_000;

/** The text of a regular file of reasonable size. Throws for anything else; a pipe without a writer would block the whole process. */
export function readDocument(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(`${path} is not a file`);
    if (stat.size > largestBytes) throw new Error(`${path} is larger than ${largestBytes} bytes`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
