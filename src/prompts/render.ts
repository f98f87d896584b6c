/**
 * Renders prompt templates. A template is written by people of the project and may be wrong, but it cannot read files,
 * run for ever, or let text from outside pass for its own: see `untrusted.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import {
  defaultOperators,
  type FilterImplOptions,
  Liquid,
  LiquidError,
  type Template as Node,
  type Variable,
} from 'liquidjs';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { nearest } from '../domain/nearest.ts';
import { cleanLine, plain, Quotes } from './untrusted.ts';
import { documentedVariables, type PromptVariables } from './variables.ts';

export interface Template {
  /** The file as people know it, for messages: `.signalbox/prompts/review.md`. */
  file: string;
  text: string;
  /** Own partials by name, without `.md`. They come before built-in ones of the same name. */
  partials?: Record<string, { file: string; text: string }>;
}

const parseLimit = 1_000_000;
const memoryLimit = 10_000_000;
const renderLimitMs = 1_000;

/** Filters that read their argument as a template, and one that promises what none can: text as it is. */
const withoutFilters = /^raw$|_exp$/;

/** The prompt as Markdown. Throws `invalid` with file and line when the template is wrong or does not come to an end. */
export function renderPrompt(template: Template, variables: PromptVariables): string {
  const quotes = new Quotes();
  const engine = createEngine(template, quotes);
  try {
    const nodes = engine.parse(template.text, template.file);
    checkVariables(engine, nodes);
    // As globals, because a partial sees nothing else of its surroundings.
    const rendered = String(engine.renderSync(nodes, {}, { globals: guard(variables, quotes) }));
    // What a branch that was not taken leaves behind is not worth an empty line. The blocks are not in it yet.
    const lines = rendered.split('\n').map(line => line.trimEnd());
    const tidy = lines.join('\n').replace(/\n{3,}/g, '\n\n');
    return `${quotes.show(tidy.trim())}\n`;
  } catch (error) {
    throw explain(error, template, engine);
  }
}

/** A template that comes with Signalbox, or undefined. */
export function builtInTemplate(name: string): Template | undefined {
  return builtIn().templates.get(name);
}

const directory = new URL('../../prompts/', import.meta.url);
let shipped: { templates: Map<string, Template>; partials: Map<string, Template> } | undefined;

/** Read once: what is shipped does not change while we run. */
function builtIn() {
  shipped ??= { templates: readTemplates(''), partials: readTemplates('partials/') };
  return shipped;
}

function readTemplates(folder: string): Map<string, Template> {
  const files = readdirSync(new URL(folder, directory)).filter(file => file.endsWith('.md'));
  const entries = files.map(file => {
    const text = readFileSync(new URL(`${folder}${file}`, directory), 'utf8');
    return [file.slice(0, -'.md'.length), { file: `prompts/${folder}${file}`, text }] as const;
  });
  return new Map(entries);
}

function createEngine(template: Template, quotes: Quotes): Liquid {
  const partials = new Map([...builtIn().partials, ...Object.entries(template.partials ?? {})]);
  const byFile = new Map([...partials.values()].map(({ file, text }) => [file, text]));
  const find = (name: string): string => {
    const found = partials.get(name);
    if (found !== undefined) return found.file;
    throw new UnknownPartial(name, [...partials.keys()]);
  };
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    relativeReference: false,
    parseLimit,
    memoryLimit,
    renderLimit: renderLimitMs,
    operators: {
      ...defaultOperators,
      contains: (left: unknown, right: unknown) => contains(plain(left), plain(right)),
    },
    // The only files there are. Nothing is looked up on the disk.
    fs: {
      resolve: (_directory, name) => find(String(name)),
      existsSync: () => true,
      readFileSync: file => byFile.get(file) ?? '',
      exists: async () => true,
      readFile: async file => byFile.get(file) ?? '',
    },
  });
  for (const [name, filter] of Object.entries(engine.filters)) {
    if (withoutFilters.test(name)) delete engine.filters[name];
    else engine.registerFilter(name, guarded(filter, quotes));
  }
  compareTexts(engine);
  return engine;
}

/** `case` compares by value, and the value of a text from outside is its mark. */
function compareTexts(engine: Liquid): void {
  const Case = engine.tags.case as unknown as new (...given: unknown[]) => { value: { value: Evaluate } };
  engine.registerTag(
    'case',
    class extends Case {
      constructor(...given: unknown[]) {
        super(...given);
        const evaluate = this.value.value.bind(this.value);
        this.value.value = function* (...asked) {
          return plain(yield evaluate(...asked));
        };
      }
    } as unknown as Liquid['tags'][string],
  );
}

type Evaluate = (...asked: unknown[]) => Generator<unknown, unknown, unknown>;

function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(whole)) return whole.some(item => plain(item) === part);
  return typeof whole === 'string' && whole.includes(String(part ?? ''));
}

/** A filter that works on the text behind the marks, and whose result is text from outside when its input was. */
function guarded(filter: FilterImplOptions, quotes: Quotes): FilterImplOptions {
  const handler = typeof filter === 'function' ? filter : filter.handler;
  return function* (value: unknown, ...args: unknown[]): Generator<unknown, unknown, unknown> {
    const shape = quotes.shapeOf([value, ...args]);
    if (shape === undefined) return yield handler.apply(this, [value, ...args]);
    const opened = [value, ...args].map(part => quotes.open(part)) as [unknown, ...unknown[]];
    return quotes.close(yield handler.apply(this, opened), shape);
  };
}

/** The variables with marks in place of text from outside, and one line of every other text. */
function guard(variables: PromptVariables, quotes: Quotes): Record<string, unknown> {
  const walk = (value: unknown, path: string): unknown => {
    const from = documentedVariables[path]?.from;
    if (typeof value === 'string') return from === undefined ? cleanLine(value) : quotes.quote(value, from);
    if (Array.isArray(value)) return value.map(item => walk(item, path));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, member]) => [
      key,
      walk(member, path === '' ? key : `${path}.${key}`),
    ]);
    return Object.fromEntries(members);
  };
  return walk(variables, '') as Record<string, unknown>;
}

/** Names that a template cannot know, also in branches that are not taken this time. */
function checkVariables(engine: Liquid, nodes: Node[]): void {
  const { globals } = engine.analyzeSync(nodes);
  const unknown = Object.values(globals)
    .flat()
    .flatMap(variable => {
      const path = pathOf(variable);
      return path === undefined || isKnown(path) ? [] : [{ path, location: variable.location }];
    })
    .sort((a, b) => a.location.row - b.location.row);
  if (unknown[0] !== undefined) throw new UnknownVariable(unknown[0].path, unknown[0].location);
}

class UnknownVariable extends Error {
  readonly at: { file?: string; row: number };

  constructor(path: string, at: { file?: string; row: number }) {
    super(noVariable(path));
    this.at = at;
  }
}

class UnknownPartial extends Error {
  readonly partial: string;

  constructor(partial: string, known: string[]) {
    super(`there is no partial "${partial}"; did you mean ${nearest(partial, known)[0]}?`);
    this.partial = partial;
  }
}

/** The path of a variable; undefined when a part of it is only known when it is rendered. */
function pathOf({ segments }: Variable): string | undefined {
  return segments.every(part => typeof part !== 'object') ? segments.join('.') : undefined;
}

const known = Object.keys(documentedVariables);
const parents = new Set(known.flatMap(path => (path.includes('.') ? [path.slice(0, path.indexOf('.'))] : [])));

const lists = new Set(['stage.leaves', 'decisions']);

function isKnown(path: string): boolean {
  if (known.includes(path) || parents.has(path)) return true;
  const [, owner = '', member = ''] = /^(.*)\.([^.]+)$/.exec(path) ?? [];
  const isList = lists.has(owner) && (/^-?\d+$/.test(member) || member === 'first' || member === 'last');
  return isList || (member === 'size' && known.includes(owner));
}

function noVariable(path: string): string {
  return `there is no variable "${path}"; did you mean ${nearest(path, known)[0]}?`;
}

const longestMessage = 500;

/** The end says what is wrong; what comes before quotes the template, which may be long. */
const shorten = (message: string) => (message.length > longestMessage ? `…${message.slice(-longestMessage)}` : message);

/** What is wrong with a template, for the person who has written it. */
function explain(error: unknown, template: Template, engine: Liquid): SignalboxError {
  const { file, line } = placeOf(error, template);
  const message = wordsFor(error, engine).slice(0, longestMessage);
  const problems = [{ path: '', message, ...(line === undefined ? {} : { line }) }];
  return new SignalboxError('invalid', 'badTemplate', `${file}${line === undefined ? '' : `:${line}`}: ${message}`, {
    cause: error,
    problems,
  });
}

function placeOf(error: unknown, template: Template): { file: string; line?: number } {
  if (error instanceof UnknownVariable) return { file: error.at.file ?? template.file, line: error.at.row };
  if (error instanceof UnknownPartial) return placeOfPartial(error.partial, template);
  if (!LiquidError.is(error)) return { file: template.file };
  return { file: error.token.file ?? template.file, line: error.token.getPosition()[0] };
}

/** Liquid does not say where a partial is asked for in a branch that is not taken. */
function placeOfPartial(name: string, template: Template): { file: string; line?: number } {
  for (const { file, text } of [template, ...Object.values(template.partials ?? {})]) {
    const index = text.split('\n').findIndex(line => line.includes(`'${name}'`) || line.includes(`"${name}"`));
    if (index >= 0) return { file, line: index + 1 };
  }
  return { file: template.file };
}

function wordsFor(error: unknown, engine: Liquid): string {
  const cause = LiquidError.is(error) ? (error.originalError ?? error) : error;
  // Liquid appends file, line and column to its messages; ours are at the beginning.
  const words = shorten(messageOf(cause)).replace(/(, file:[^\n]*)?, line:\d+, col:\d+$/, '');
  const [, variable] = /^undefined variable: (.*)$/s.exec(words) ?? [];
  if (variable !== undefined) return noVariable(variable);
  const [, filter] = /^undefined filter: (.*)$/s.exec(words) ?? [];
  if (filter !== undefined) {
    return `there is no filter "${filter}"; did you mean ${nearest(filter, Object.keys(engine.filters))[0]}?`;
  }
  const [, tag] = /^tag "(.*)" not found$/s.exec(words) ?? [];
  if (tag !== undefined) {
    const tags = Object.keys(engine.tags).filter(name => /\w/.test(name));
    return `there is no tag "${tag}"; did you mean ${nearest(tag, tags)[0]}?`;
  }
  if (/limit exceeded|call stack/.test(words)) return `the template does not come to an end (${words})`;
  return words;
}
