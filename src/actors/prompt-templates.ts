/**
 * Where templates come from: `.signalbox/prompts/` of the repository, as committed on the target branch. Never the working
 * tree and never the task's branch: an agent could write its own orders there, and nobody would have reviewed them.
 */
import { SignalboxError } from '../domain/errors.ts';
import { refOf } from '../domain/names.ts';
import { builtInTemplate, type Template } from '../prompts/render.ts';
import { gitIn } from './git.ts';
import { resolveCommit } from './refs.ts';
import { isHash, remembered } from './remembered.ts';

export const templateFolder = '.signalbox/prompts';
const largestBytes = 200_000;

/** Templates that have a meaning of their own and belong to no stage or role of that name. */
export const ownMeaning = ['default', 'handover', 'resume'];

/** Which built-in template a role of the default pipeline works with, in whatever stage. */
export const stageOfRole = new Map([
  ['analyst', 'analysis'],
  ['architect', 'architecture'],
  ['developer', 'development'],
  ['reviewer', 'review'],
  ['tester', 'testing'],
  ['deployer', 'deploy'],
]);

/** A project's own templates and partials, by name without `.md`. */
export interface OwnTemplates {
  templates: ReadonlyMap<string, Template>;
  partials: Record<string, { file: string; text: string }>;
}

export interface TemplateQuery {
  repository: string;
  target: string;
  stage: string;
  role: string;
}

/**
 * The template of a stage: the project's own for the stage or the role, then the built-in one, then `default.md`. Throws
 * `unavailable` when the repository or its target branch cannot be read.
 */
export async function findTemplate({ repository, target, ...wanted }: TemplateQuery): Promise<Template> {
  return chooseTemplate(await committedTemplates(repository, target), wanted);
}

export function chooseTemplate(
  { templates, partials }: OwnTemplates,
  { stage, role }: { stage: string; role: string },
): Template {
  const names = [stage, role].filter(name => !ownMeaning.includes(name));
  const own = names.map(name => templates.get(name));
  const builtIn = [...names, stageOfRole.get(role) ?? '']
    .filter(name => !ownMeaning.includes(name))
    .map(builtInTemplate);
  const found = [...own, ...builtIn, templates.get('default')].find(template => template !== undefined);
  return { ...(found ?? shippedTemplate('default')), partials };
}

/** The template for a session that does not begin at the beginning. */
export function headTemplate({ templates, partials }: OwnTemplates, name: 'handover' | 'resume'): Template {
  return { ...(templates.get(name) ?? shippedTemplate(name)), partials };
}

export function shippedTemplate(name: string): Template {
  const template = builtInTemplate(name);
  if (template === undefined) throw new Error(`prompts/${name}.md is missing from this installation.`);
  return template;
}

/** The project's own templates on the target branch, all from the same commit. Throws `unavailable`, or `invalid` for a file that is too large. */
export async function committedTemplates(
  repository: string,
  target: string,
  ref: string = refOf(target),
): Promise<OwnTemplates> {
  const templates = new Map<string, Template>();
  const partials: OwnTemplates['partials'] = {};
  for (const { file, object, bytes } of await listTemplates(repository, { target, ref })) {
    if (bytes > largestBytes) {
      throw new SignalboxError(
        'invalid',
        'badTemplate',
        `${file}: a template has at most ${largestBytes} bytes, this has ${bytes}.`,
      );
    }
    const { code, stdout, stderr } = await gitIn(repository).result(['cat-file', 'blob', object]);
    if (code !== 0)
      throw new SignalboxError('unavailable', 'gitFailed', `${file} of ${target} cannot be read: ${stderr.trim()}`);
    const { name, isPartial } = nameOf(file);
    if (isPartial) partials[name] = { file, text: stdout };
    else templates.set(name, { file, text: stdout });
  }
  return { templates, partials };
}

/** Whether a repository brings templates at all: it is asked ahead, so that the start of an agent need not ask. */
export function hasOwnTemplates(repository: string, ref: string): Promise<boolean> {
  const ask = async () => {
    const place = `${ref}:${templateFolder}`;
    const { code } = await gitIn(repository).result(['rev-parse', '--verify', '--quiet', '--end-of-options', place]);
    return code === 0;
  };
  return isHash(ref) ? haveTemplates(`${repository}\0${ref}`, ask) : ask();
}

const mostKept = 64;
const haveTemplates = remembered<boolean>(mostKept);

export const noOwnTemplates: OwnTemplates = { templates: new Map(), partials: {} };

interface Listed {
  file: string;
  object: string;
  bytes: number;
}

async function listTemplates(repository: string, { target, ref }: { target: string; ref: string }): Promise<Listed[]> {
  const git = gitIn(repository);
  const commit = await resolveCommit(git, ref);
  if (commit === undefined) {
    throw new SignalboxError(
      'unavailable',
      'branchGone',
      `${repository} has no branch ${target} to read templates from.`,
    );
  }
  const listing = await git(['ls-tree', '-r', '-z', '--long', '--full-tree', commit, '--', `${templateFolder}/`]);
  return listing.split('\0').flatMap(entry => {
    const [, object, size, file] = /^100\d+ blob (\S+) +(\d+)\t(.*)$/s.exec(entry) ?? [];
    if (object === undefined || file === undefined || !isTemplate(file)) return [];
    return [{ file, object, bytes: Number(size) }];
  });
}

/** Whether a file is where templates and partials are looked for. A symbolic link is none. */
export const isTemplate = (file: string) => /^\.signalbox\/prompts\/(partials\/)?[^/]+\.md$/.test(file);

function nameOf(file: string): { name: string; isPartial: boolean } {
  const path = file.slice(templateFolder.length + 1, -'.md'.length);
  return path.startsWith('partials/')
    ? { name: path.slice('partials/'.length), isPartial: true }
    : { name: path, isPartial: false };
}
