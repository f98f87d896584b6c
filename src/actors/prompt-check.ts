/** Tries a project's own templates before an agent needs them, for `signalbox doctor`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { renderPrompt, type Template } from '../prompts/render.ts';
import { sampleVariables } from '../prompts/variables.ts';
import { readDocument } from './document.ts';
import { gitIn } from './git.ts';
import {
  committedTemplates,
  isTemplate,
  type OwnTemplates,
  ownMeaning,
  shippedTemplate,
  stageOfRole,
  templateFolder,
} from './prompt-templates.ts';

export interface TemplateProblem {
  level: 'error' | 'warning';
  /** Relative to the repository. */
  file: string;
  /** For people; names the line where there is one. */
  message: string;
}

/**
 * Tries every own template in every situation, and names files of the working tree that are not in use because the target
 * branch does not have them so. Throws `unavailable` when the repository or its target branch cannot be read.
 */
export async function checkTemplates(repository: string, target: string): Promise<TemplateProblem[]> {
  let own: OwnTemplates;
  try {
    own = await committedTemplates(repository, target);
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'invalid') throw error;
    return [{ level: 'error', file: templateFolder, message: error.message }];
  }
  return [...wrongTemplates(own), ...(await unusedTemplates(repository, target, own))];
}

function wrongTemplates({ templates, partials }: OwnTemplates): TemplateProblem[] {
  const wrong = new Map<string, TemplateProblem>();
  const attempt = (template: Template, name: string) => {
    for (const variables of sampleVariables({ name, role: name })) {
      try {
        renderPrompt({ ...template, partials }, variables);
      } catch (error) {
        const message = messageOf(error);
        // A mistake may be in a partial that the template uses.
        const [file = template.file] = /^\.signalbox\/[^:]+/.exec(message) ?? [];
        wrong.set(message, { level: 'error', file, message });
      }
    }
  };
  for (const [name, template] of templates) attempt(template, name);
  // Their parameters are not known here, so a partial is only tried where it is used; one of a built-in name is used there.
  if (Object.keys(partials).length > 0) {
    for (const name of [...stageOfRole.values(), ...ownMeaning]) attempt(shippedTemplate(name), name);
  }
  return [...wrong.values()];
}

async function unusedTemplates(repository: string, target: string, own: OwnTemplates): Promise<TemplateProblem[]> {
  const committed = new Map(
    [...own.templates.values(), ...Object.values(own.partials)].map(({ file, text }) => [file, text]),
  );
  const problems: TemplateProblem[] = [];
  for (const file of filesIn(repository)) {
    const text = committed.get(file);
    if (text !== undefined && text.replaceAll('\r\n', '\n') === textOf(join(repository, file))) continue;
    const { code } = await gitIn(repository).result(['check-ignore', '--quiet', '--', file]);
    const how = code === 0 ? ` It is ignored by git: add it with "git add --force ${file}".` : '';
    const message =
      text === undefined
        ? `${file} is not committed on ${target}, so it is not used.${how}`
        : `${file} differs from what is committed on ${target}; the committed text is used.`;
    problems.push({ level: 'warning', file, message });
  }
  return problems;
}

function filesIn(repository: string): string[] {
  try {
    const found = readdirSync(join(repository, templateFolder), { recursive: true, encoding: 'utf8' });
    return found
      .map(path => `${templateFolder}/${path}`)
      .filter(isTemplate)
      .sort();
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    // Git may write other line ends into the working tree than it keeps.
    return readDocument(path).replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}
