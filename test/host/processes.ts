/** Real processes under supervision, and an independent look at what of them is still there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { ExitRecord } from '../../src/domain/outcome.ts';
import { type ProcessSpec, superviseProcess } from '../../src/host/supervised-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export const fixture = (name: string) => join(import.meta.dirname, '../fixtures', name);

/** How to run a program in a directory of its own, marked as no other process is. */
export function specFor(argv: readonly string[], more: Partial<ProcessSpec> = {}): ProcessSpec {
  const directory = temporaryDirectory();
  const marks = { SIGNALBOX_RUN_ID: 'run-1', SIGNALBOX_WORKTREE: directory };
  const spec = {
    runDir: join(directory, 'runs', 'run-1'),
    job: { ref: 'task-1:3:agent' },
    argv,
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', ...marks },
    mark: Object.entries(marks).map(([name, value]) => `${name}=${value}`),
    ...more,
  };
  // Whatever a failing test leaves behind.
  onTestFinished(() => {
    for (const pid of markedProcesses(spec)) process.kill(pid, 'SIGKILL');
  });
  return spec;
}

/** Living processes with the mark of a run in their environment. */
export function markedProcesses({ mark }: Pick<ProcessSpec, 'mark'>): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        return mark.every(entry => environment.includes(entry));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Whether this process runs; one that has ended and was not yet collected does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]$/.test(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '');
  } catch {
    return false;
  }
}

/** Supervises a process and writes down what is reported. */
export function supervise(spec: ProcessSpec) {
  const started: number[] = [];
  const exits: ExitRecord[] = [];
  const errors: Error[] = [];
  /** Processes of the run that were left when its end was reported. */
  const leftAtExit: number[][] = [];
  const supervised = superviseProcess(spec, {
    onStarted: pid => started.push(pid),
    onExit(exit) {
      exits.push(exit);
      leftAtExit.push(markedProcesses(spec));
    },
    onError: error => errors.push(error),
  });
  onTestFinished(() => supervised.release());
  return {
    ...supervised,
    started,
    exits,
    errors,
    leftAtExit,
    /** How it ended, once it has. */
    end: (timeout = 15_000) =>
      vi.waitFor(
        () => {
          if (errors[0]) throw errors[0];
          expect(exits).toHaveLength(1);
          return exits[0]!;
        },
        { timeout, interval: 20 },
      ),
    output: () => readFileSync(join(spec.runDir, 'output.log'), 'utf8'),
    /** Resolves when the program has said this. */
    says: (text: string) =>
      vi.waitFor(() => expect(readFileSync(join(spec.runDir, 'output.log'), 'utf8')).toContain(text), {
        timeout: 10_000,
        interval: 20,
      }),
  };
}
