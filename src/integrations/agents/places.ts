/** Where programs keep what is theirs. */
import { join } from 'node:path';

/** What lies in a directory that may not be known. */
export const inHome = (home: string | null | undefined, path: string): string | null =>
  home ? join(home, path) : null;
