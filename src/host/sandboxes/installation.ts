/**
 * Where a program lives, as far as that can be known from outside. Agents are installed in the user's home more often than
 * not, and the home is covered: so the program's own files are shown again, and nothing else of the home.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findProgram } from '../find-program.ts';
import { isWithin, realPath } from './layout.ts';

/** How far an interpreter may be interpreted itself. */
const interpreterLimit = 4;

export interface Installation {
  /** The names by which the program and its interpreters are called, for the links on the way. */
  names: string[];
  /** Files and directories that it consists of. */
  parts: string[];
}

/** What a program and its interpreters (`#!`) consist of; empty when it cannot be found. */
export function installationOf(
  program: string,
  { path, cwd, homes }: { path: string; cwd: string; homes: readonly string[] },
): Installation {
  const names: string[] = [];
  const parts: string[] = [];
  let next: string | undefined = program;
  for (let round = 0; next !== undefined && round < interpreterLimit; round++) {
    const { path: file, problem } = findProgram(next, path, cwd);
    if (problem !== null) break;
    names.push(file);
    // A virtual environment is found by the link's place, the files by the link's end.
    for (const at of [join(realPath(dirname(file)), basename(file)), realPath(file)]) parts.push(partOf(at, homes));
    next = interpreterOf(file);
  }
  return { names, parts };
}

/**
 * The directory that a program was installed into as a whole, or the file alone: packages of Node below their outermost
 * `node_modules`, and `PREFIX/bin/program`, except where the prefix is shared with everything of the user (`~`, `~/.local`)
 * or is a project that somebody works on.
 */
function partOf(file: string, homes: readonly string[]): string {
  const isShared = (directory: string) =>
    ['/', '/tmp', '/usr', '/usr/local'].includes(directory) ||
    homes.some(home => isWithin(directory, home) || directory === join(home, '.local')) ||
    existsSync(join(directory, '.git'));
  const packages = [...file.matchAll(/\/node_modules(?=\/)/g)]
    .map(({ 0: name, index }) => file.slice(0, index + name.length))
    .find(directory => !isShared(directory));
  if (packages !== undefined) return packages;
  const prefix = dirname(dirname(file));
  return basename(dirname(file)) === 'bin' && !isShared(prefix) ? prefix : file;
}

function interpreterOf(file: string): string | undefined {
  const [, interpreter, argument] = /^#!\s*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?/.exec(beginningOf(file)) ?? [];
  if (interpreter === undefined) return undefined;
  return basename(interpreter) === 'env' && argument !== undefined ? argument : interpreter;
}

function beginningOf(file: string): string {
  const buffer = Buffer.alloc(256);
  try {
    const descriptor = openSync(file, 'r');
    try {
      return buffer.toString('utf8', 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // A program that may be run but not read has no interpreter either.
    return '';
  }
}
