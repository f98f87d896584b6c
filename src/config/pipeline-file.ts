/** Reads a pipeline from a YAML, JSON or TypeScript file and says everything that is wrong with it at once. */
import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { ZodError } from 'zod';
import { messageOf, type Problem, SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { type Pipeline, pipelineSchema } from '../machines/pipeline.ts';

/** Loads and checks a pipeline. Throws `invalid` with one problem for each thing that is wrong, with its line. */
export async function loadPipeline(file: string): Promise<Pipeline> {
  if (!existsSync(file)) throw new SignalboxError('invalid', `There is no file ${quote(file)}.`);
  const extension = extname(file);
  if (['.ts', '.mts', '.js', '.mjs'].includes(extension)) return check(file, await loadModule(file), () => undefined);
  if (!['.yaml', '.yml', '.json'].includes(extension)) {
    throw new SignalboxError('invalid', `${file}: a pipeline is a .yaml, .yml, .json, .ts or .mjs file.`);
  }
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => ({
      path: '',
      message: error.message,
      line: lines.linePos(error.pos[0]).line,
    }));
    throw invalid(file, problems);
  }
  return check(file, document.toJS({ maxAliasCount: 100 }), path => lineOf(document, lines, path));
}

async function loadModule(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown; pipeline?: unknown };
    return module.default ?? module.pipeline;
  } catch (error) {
    throw new SignalboxError('invalid', `${file} cannot be loaded: ${messageOf(error)}`);
  }
}

function check(file: string, value: unknown, lineAt: (path: PropertyKey[]) => number | undefined): Pipeline {
  const result = pipelineSchema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(file, problemsOf(result.error, lineAt));
}

function problemsOf(error: ZodError, lineAt: (path: PropertyKey[]) => number | undefined): Problem[] {
  return error.issues.map(({ path, message }) => {
    const line = lineAt(path);
    return { path: path.join('.'), message, ...(line !== undefined && { line }) };
  });
}

/** The line of the nearest thing on the path that is really in the file. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

function invalid(file: string, problems: Problem[]): SignalboxError {
  const list = problems.map(({ path, message, line }) => {
    const where = line === undefined ? file : `${file}:${line}`;
    return `  ${where}: ${path === '' ? '' : `${path}: `}${message}`;
  });
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new SignalboxError('invalid', `${file} is not a valid pipeline (${count}):\n${list.join('\n')}`, { problems });
}
