/** Directories that are gone when the test is over. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty directory for this test. Of several at once each says itself when it is over: which of them asks is not known here. */
export function temporaryDirectory(whenOver: (work: () => void) => void = onTestFinished): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
  whenOver(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
