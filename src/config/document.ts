/** Reads a YAML, JSON or TypeScript file in such a way that whatever is wrong with it can be said with its line. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Document, isMap, isNode, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { ZodError } from 'zod';
import { messageOf, type Problem, SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';

export type Path = readonly PropertyKey[];

export interface SourceDocument {
  /** As it is called in messages. */
  file: string;
  /** What kind of document it is, with its article: `a pipeline`. */
  what: string;
  value: unknown;
  /** The line of a field; of the nearest thing around it when it is not there; undefined for code, which has none. */
  lineOf(path: Path): number | undefined;
}

export interface ReadOptions {
  /** With its article: `a pipeline`. */
  what: string;
  /** The named export that counts when a module has no default one. */
  exported: string;
  /** What a relative file is relative to. */
  cwd?: string;
}

const moduleExtensions = ['.ts', '.mts', '.js', '.mjs'];
const textExtensions = ['.yaml', '.yml', '.json'];

/** Reads the file. Throws `invalid` when it is not there or cannot be understood; what it says is not looked at. */
export async function readDocument(
  file: string,
  { what, exported, cwd = process.cwd() }: ReadOptions,
): Promise<SourceDocument> {
  const path = resolve(cwd, file);
  const text = read(path, file);
  const extension = extname(file);
  if (moduleExtensions.includes(extension)) {
    return { file, what, value: await load(path, text, file, exported), lineOf: () => undefined };
  }
  if (textExtensions.includes(extension)) return parse(text, file, what);
  throw new SignalboxError('invalid', 'badFile', `${file}: ${what} is a .yaml, .yml, .json, .ts or .mjs file.`);
}

function read(path: string, file: string): string {
  try {
    const found = statSync(path);
    // A device may never end, and a pipe never begin.
    if (!found.isFile() && !found.isDirectory()) throw new Error('it is no ordinary file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || path.includes('\0')) {
      throw new SignalboxError('invalid', 'fileMissing', `There is no file ${quote(file)}.`);
    }
    const why = code === 'EISDIR' ? 'it is a directory, not a file' : messageOf(error);
    throw new SignalboxError('invalid', 'badFile', `${file} cannot be read: ${why}.`, { cause: error });
  }
}

/** Node keeps a module for ever, so changed content is loaded under another address, and unchanged content is not. */
async function load(path: string, text: string, file: string, exported: string): Promise<unknown> {
  const url = pathToFileURL(path);
  url.searchParams.set('content', createHash('sha256').update(text).digest('hex').slice(0, 16));
  try {
    const module = (await import(url.href)) as Record<string, unknown>;
    return module.default ?? module[exported];
  } catch (error) {
    throw new SignalboxError('invalid', 'badFile', `${file} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
}

function parse(text: string, file: string, what: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source: SourceDocument = { file, what, value: undefined, lineOf: path => lineOf(document, lines, path) };
  if (document.errors.length > 0) throw refuse(source, syntaxProblems(document, lines, text));
  try {
    return { ...source, value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    // Aliases that would unfold without end, or that refer to nothing.
    throw refuse(source, [{ path: '', message: messageOf(error) }]);
  }
}

/** Doubled keys, and the first of whatever else is no YAML: what follows it is mostly noise. */
function syntaxProblems({ errors }: Document<ParsedNode>, lines: LineCounter, text: string): Problem[] {
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  return errors
    .filter(error => error === first || error.code === 'DUPLICATE_KEY')
    .map(({ code, message, pos }) => {
      const { line } = lines.linePos(pos[0]);
      const content = text.split('\n')[line - 1] ?? '';
      // The commonest of all: a variable inside { … } or [ … ], where a brace of its own begins a map.
      const isBareVariable = code !== 'DUPLICATE_KEY' && /[[{,:]\s*\$\{/.test(content);
      const hint = isBareVariable ? `; put it in quotes, such as "\${NAME}", inside { } and [ ]` : '';
      return { path: '', message: `${message}${hint}`, line };
    });
}

function lineOf(document: Document<ParsedNode>, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return undefined;
}

/** Where a field begins: at its key, because the value of a key may begin on a later line. */
function offsetOf(document: Document<ParsedNode>, path: Path): number | undefined {
  const last = path.at(-1);
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (last !== undefined && isMap(parent)) {
    const pair = parent.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(last));
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  const node = last === undefined ? document.contents : document.getIn(path, true);
  return isNode(node) && node.range ? node.range[0] : undefined;
}

/** A schema's complaints as problems with their lines. */
export function problemsOf(error: ZodError, source: SourceDocument): Problem[] {
  return error.issues.flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') return [problemAt(source, issue.path, issue.message)];
    // The schema may have a line of its own for every key that it does not know.
    const messages = issue.message.split('\n');
    const { keys, path } = issue;
    if (messages.length !== keys.length) return [problemAt(source, path, issue.message)];
    return keys.map((key, index) => ({
      ...problemAt(source, [...path, key], messages[index]!),
      path: path.join('.'),
    }));
  });
}

export function problemAt(source: SourceDocument, path: Path, message: string): Problem {
  const line = source.lineOf(path);
  return { path: path.join('.'), message, ...(line !== undefined && { line }) };
}

/** One problem as a line: `file:line: field: what is wrong`. */
export function describeProblem(file: string, { path, message, line }: Problem): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${path === '' ? '' : `${path}: `}${message}`;
}

/** The error that says all of them at once. */
export function refuse({ file, what }: Pick<SourceDocument, 'file' | 'what'>, problems: Problem[]): SignalboxError {
  const list = [...problems]
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .map(problem => `  ${describeProblem(file, problem)}`);
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const kind = what.replace(/^an? /, '');
  return new SignalboxError(
    'invalid',
    'badDocument',
    `${file} is not a valid ${kind} (${count}):\n${list.join('\n')}`,
    {
      problems,
      file,
    },
  );
}
