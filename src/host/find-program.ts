/** Where a program is, as `exec` would find it. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export type FoundProgram =
  | { path: string; problem: null }
  | { path: string; problem: 'notExecutable' }
  | { path: null; problem: 'missing' };

/** Looks for `program` on `searchPath`, or at its place when it names one. Relative places are those of `cwd`. */
export function findProgram(program: string, searchPath: string, cwd = process.cwd()): FoundProgram {
  if (program === '' || program.includes('\0')) return { path: null, problem: 'missing' };
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : searchPath
        .split(delimiter)
        .filter(Boolean)
        .map(directory => join(directory, program));
  const files = candidates.filter(isFile);
  const runnable = files.find(isExecutable);
  if (runnable !== undefined) return { path: runnable, problem: null };
  const [first] = files;
  return first === undefined ? { path: null, problem: 'missing' } : { path: first, problem: 'notExecutable' };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
