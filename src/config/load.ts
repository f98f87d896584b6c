/** Finds, reads and checks the configuration. Read once, checked as a whole, passed down. */
import { basename, dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Problem } from '../domain/errors.ts';
import { fillIn, isVariableName, variablesIn } from '../domain/variables.ts';
import {
  describeProblem,
  type Path,
  problemAt,
  problemsOf,
  readDocument,
  refuse,
  type SourceDocument,
} from './document.ts';
import { effectiveConfig, noVariable } from './effective.ts';
import { findConfig } from './find.ts';
import { type Config, configSchema, type ParsedConfig } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadOptions {
  /** Relative to `cwd`; without it the file is looked for there; null for none, with all defaults. */
  file?: string | null | undefined;
  cwd: string;
  env: Environment;
}

export interface LoadedConfig {
  config: Config;
  /** Absolute; null when there is none and all defaults hold. */
  file: string | null;
  /** Whole sentences that begin with file and line. */
  warnings: string[];
  /** The agents that the file names itself; the others are built in. */
  named: string[];
  /** Names of the environment variables that were filled in; their values are in `config`. */
  variables: string[];
}

/**
 * Loads the configuration that was asked for, the one in `cwd`, or all defaults. Throws `invalid` with one problem for
 * each thing that is wrong, with its line. Nothing of the environment is repeated in a message.
 */
export async function loadConfig({ file, cwd, env }: LoadOptions): Promise<LoadedConfig> {
  const path = file === undefined ? findConfig(cwd) : file && resolve(cwd, file);
  const shown = file ?? basename(path ?? 'signalbox.config.yaml');
  const source: SourceDocument =
    path === null
      ? { file: shown, what: 'a configuration', value: {}, lineOf: () => undefined }
      : await readDocument(shown, { what: 'a configuration', exported: 'config', cwd });
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const complain = (at: Path, message: string) => void problems.push(problemAt(source, at, message));
  const filled = fillVariables(source.value ?? {}, env, complain);
  const parsed = parse(filled.value, source, problems);
  if (parsed === undefined || problems.length > 0) throw refuse(source, problems);
  const config = effectiveConfig(parsed, {
    directory: path === null ? cwd : dirname(path),
    env,
    written: at => writtenAt(source.value, at),
    complain,
    warn: (at, message) => void warnings.push(describeProblem(shown, problemAt(source, at, message))),
  });
  if (problems.length > 0) throw refuse(source, problems);
  return { config, file: path, warnings, named: Object.keys(parsed.agents), variables: filled.names };
}

/** Problems of the schema, except where a variable was missing: whatever stands there now says nothing. */
function parse(value: unknown, source: SourceDocument, problems: Problem[]): ParsedConfig | undefined {
  const result = configSchema.safeParse(value, { error: explain });
  if (result.success) return result.data;
  const known = new Set(problems.map(({ path }) => path));
  problems.push(...problemsOf(result.error, source).filter(({ path }) => path === '' || !known.has(path)));
  return undefined;
}

const kindsOfValue: Record<string, string> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
};

/** What zod says in words of its own, in ours; never the value. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'this is missing';
  const actual = Array.isArray(issue.input) ? 'array' : typeof issue.input;
  const expected = kindsOfValue[issue.expected] ?? issue.expected;
  return `write ${expected}; this is ${kindsOfValue[actual] ?? `a ${actual}`}`;
}

/**
 * The document with every `${NAME}` filled in, except below `agents.*.set`: secrets must not enter what is stored, so
 * those are filled in when the agent starts. A field without a value counts as not there.
 */
function fillVariables(root: unknown, env: Environment, complain: (at: Path, message: string) => void) {
  const names = new Set<string>();
  const fill = (value: unknown, at: string[]): unknown => {
    if (at.length === 3 && at[0] === 'agents' && at[2] === 'set') return value;
    if (typeof value === 'string') {
      if (isKept(at) && variablesIn(value).length > 0) {
        complain(
          at,
          'no variable can stand here: what is written is kept in the database; use `set` or `env` of the agent',
        );
        return value;
      }
      for (const name of variablesIn(value)) {
        if (!isVariableName(name)) complain(at, noVariable(name));
        else if (!env[name]) complain(at, `the environment variable ${name} is not set; export it, or write the value`);
        else names.add(name);
      }
      return fillIn(value, env);
    }
    if (Array.isArray(value)) return value.map((element, index) => fill(element, [...at, String(index)]));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
    return Object.fromEntries(entries.map(([key, field]) => [key, fill(field, [...at, key])]));
  };
  return { value: fill(root, []), names: [...names].sort() };
}

/** Command lines are part of what a task keeps, and of what `ps` shows: no secret may get there. */
function isKept(at: readonly string[]): boolean {
  const [group, , field] = at;
  return (
    (group === 'agents' && (field === 'args' || field === 'program')) ||
    (group === 'projects' && field === 'hooks') ||
    (group === 'routines' && (field === 'title' || field === 'body'))
  );
}

function writtenAt(root: unknown, at: Path): string {
  let value = root;
  for (const key of at)
    value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : '';
}
