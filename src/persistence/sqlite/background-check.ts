/** Checks a database from end to end in a thread of its own, so that neither the start nor the work waits for it. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { checkIntegrity } from './open.ts';

export interface BackgroundCheck {
  cancel(): void;
}

/** Calls `report` once with what is wrong with the file; never when all is well or the check was cancelled. */
export function checkInBackground(file: string, report: (problems: string[]) => void): BackgroundCheck {
  const worker = new Worker(new URL(import.meta.url), { workerData: { check: file } });
  worker.unref();
  worker.on('message', (problems: string[]) => problems.length > 0 && report(problems));
  worker.on('error', error => report([error.message]));
  return { cancel: () => void worker.terminate() };
}

/** The same for somebody who waits for the answer. */
export function checkApart(file: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { check: file } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

if (!isMainThread && typeof workerData?.check === 'string') {
  const db = new Database(workerData.check, { readonly: true });
  parentPort?.postMessage(checkIntegrity(db));
  db.close();
}
