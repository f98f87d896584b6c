/** Writes a value into a configuration file, and leaves everything else in it as it is. */
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { type Document, isMap, isNode, isScalar, parseDocument } from 'yaml';
import { SignalboxError } from '../domain/errors.ts';
import type { TestCommand } from '../domain/test-command.ts';
import { type Environment, loadConfig } from './load.ts';

/**
 * Sets `projects.<project>.gates.tests`. Throws `invalid` for a file that is a program, and what is wrong where the file would not
 * hold afterwards: then it is left as it was.
 */
export async function writeTests(
  file: string,
  project: string,
  tests: readonly TestCommand[],
  env: Environment,
): Promise<void> {
  if (!['.yaml', '.yml', '.json'].includes(extname(file))) {
    throw new SignalboxError('invalid', 'badFile', `${file} is a program, and is not written to.`, {
      remedy: { say: `write it there yourself: projects.${project}.gates.tests: ${JSON.stringify(tests)}` },
    });
  }
  // Where a link leads, and readable for whom it was.
  const path = realpathSync(file);
  const before = readFileSync(path, 'utf8');
  const after = extname(file) === '.json' ? inJson(before, project, tests) : inYaml(before, project, tests);
  // Read as it will be before anybody else sees it.
  const tried = join(dirname(path), `.${process.pid}.${basename(path)}`);
  try {
    writeFileSync(tried, after, { mode: statSync(path).mode & 0o777 });
    await loadConfig({ file: tried, cwd: dirname(path), env });
    renameSync(tried, path);
  } catch (error) {
    rmSync(tried, { force: true });
    if (error instanceof SignalboxError) throw error;
    const reason = (error as Error).message;
    throw new SignalboxError('unavailable', 'directoryUnusable', `${file} cannot be written: ${reason}`, {
      cause: error,
    });
  }
}

/** By the indentation that it has; a file of one line stays one. */
function inJson(...given: Parameters<typeof changed>): string {
  const [text] = given;
  const indent = text.trim().includes('\n') ? (/\n([ \t]+)/.exec(text)?.[1] ?? 2) : undefined;
  const after = JSON.stringify(changed(...given).toJS(), null, indent);
  return withEndsOf(text, `${after}${text.endsWith('\n') ? '\n' : ''}`);
}

const inYaml = (...given: Parameters<typeof changed>): string =>
  inserted(...given) ?? withEndsOf(given[0], changed(...given).toString({ lineWidth: 0 }));

/** The line ends of the first text. */
const withEndsOf = (text: string, other: string) =>
  text.includes('\r\n') ? other.replaceAll(/\r?\n/g, '\r\n') : other;

/** As lines of their own, so that every other line stays as somebody wrote it; undefined where there is no room for that. */
function inserted(text: string, project: string, tests: readonly TestCommand[]): string | undefined {
  const document = parseDocument(text);
  const gates = document.getIn(['projects', project, 'gates'], true);
  const list = (indent: string) => ['tests:', ...tests.map(it => `${indent}- ${flowing(it)}`)];
  if (gates !== undefined) return behindFirst(text, gates, list);
  const parent = document.getIn(['projects', project], true);
  return behindFirst(text, parent, indent => ['gates:', ...list(indent).map(line => `${indent}${line}`)]);
}

/** Lines behind the first entry of a map, as far in as that is; `lines` is given one step of indentation. */
function behindFirst(text: string, map: unknown, lines: (indent: string) => string[]): string | undefined {
  if (!isMap(map) || map.flow === true || map.has('tests') || map.has('gates')) return undefined;
  const [first] = map.items;
  const key = isScalar(first?.key) ? first.key.range : undefined;
  const value = isNode(first?.value) ? first.value.range : undefined;
  if (key == null || value == null) return undefined;
  const indent = ' '.repeat(key[0] - (text.lastIndexOf('\n', key[0]) + 1));
  const lineEnd = text.indexOf('\n', value[1] - 1);
  if (indent === '' || lineEnd < 0) return undefined;
  const added = withEndsOf(
    text,
    lines('  ')
      .map(line => `${indent}${line}\n`)
      .join(''),
  );
  return text.slice(0, lineEnd + 1) + added + text.slice(lineEnd + 1);
}

function changed(text: string, project: string, tests: readonly TestCommand[]): Document {
  const document = parseDocument(text);
  document.setIn(['projects', project, 'gates', 'tests'], tests.map(plain));
  return document;
}

const plain = ({ run, cwd }: TestCommand) => (cwd === '' ? { run } : { run, cwd });

/** JSON is YAML. */
const flowing = ({ run, cwd }: TestCommand) =>
  `{ run: ${JSON.stringify(run)}${cwd === '' ? '' : `, cwd: ${JSON.stringify(cwd)}`} }`;
