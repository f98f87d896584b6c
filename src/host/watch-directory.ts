/** Hears of what changes in a directory. */
import { type FSWatcher, watch } from 'node:fs';

/** How often a directory is taken for changed where the system cannot tell. */
const blindLookMs = 1_000;

/**
 * Calls back when something in a directory may have changed, with the name of the file where it is known. Where the system
 * cannot watch (no watches are left, a file system that does not tell), it calls back once a second.
 */
export function watchDirectory(directory: string, onChange: (file: string | null) => void): { close(): void } {
  let watcher: FSWatcher | undefined;
  let blind: NodeJS.Timeout | undefined;
  const goBlind = () => {
    watcher?.close();
    watcher = undefined;
    blind ??= setInterval(() => onChange(null), blindLookMs);
  };
  try {
    watcher = watch(directory, (_, file) => onChange(file)).on('error', goBlind);
  } catch {
    goBlind();
  }
  return {
    close() {
      watcher?.close();
      clearInterval(blind);
    },
  };
}
