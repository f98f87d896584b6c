/** Writes files that are read as they were or as they are, whenever whoever writes them is killed. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** A write is cut off at a page when the process is killed in it; a rename is not. One process at a time writes a file. */
export function writeWhole(file: string, text: string): void {
  const half = `${file}.half`;
  const write = () => writeFileSync(half, text, { flag: 'wx', mode: 0o600 });
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // What lies there was cut off, or is a link that somebody has put there.
    rmSync(half, { recursive: true, force: true });
    write();
  }
  renameSync(half, file);
}
