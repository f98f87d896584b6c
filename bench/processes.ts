/** What measurements of a service are made with: a directory of their own, and processes that answer a line with a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A process that answers a line with a line. */
export interface Talker {
  pid: number;
  /** What it says first. */
  first: string;
  ask<T>(line?: string): Promise<T>;
  end(): Promise<void>;
}

export async function talk(file: string, args: readonly string[]): Promise<Talker> {
  const child = spawn(process.execPath, ['--expose-gc', here(file), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  return {
    pid: child.pid!,
    first: await next(),
    async ask<T>(line = '') {
      child.stdin.write(`${line}\n`);
      return JSON.parse(await next()) as T;
    },
    end: () => stopped(child),
  };
}

export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
