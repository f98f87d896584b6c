/** What the repository's own CI runs beside: the lines of its workflows that look like tests. */
import { parse } from 'yaml';
import type { Files } from './toolchain.ts';

/** A command of a workflow, as it is written there. */
export interface CiCommand {
  file: string;
  command: string;
}

/** GitHub's, Gitea's and Forgejo's are of one form; see "Workflow syntax for GitHub Actions". */
const workflow = /^\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/;
const gitlab = /^\.gitlab-ci\.ya?ml$/;
const isTest =
  /\b(?:tests?|checks?|verify|lint|typecheck|spec|pytest|tox|nox|vitest|jest|mocha|rspec|rake|phpunit|ctest)\b/i;
/** What only fetches or reports is no test, whatever it is called. */
const isOther =
  /^(?:echo|cd|cp|mv|rm|cat|ls|chmod|mkdir|export|curl|wget|git|apt(?:-get)?|sudo apt(?:-get)?|(?:python3? -m )?pip3? install|npm (?:ci|install)|#)/;
const mostCommands = 50;
/** Nobody reads a longer one, and its keys are compared with each other. */
const longestFile = 200_000;
const bounded = { maxAliasCount: 100, logLevel: 'error', prettyErrors: false, uniqueKeys: false } as const;

export function ciCommands(files: Files): CiCommand[] {
  const found = files.paths
    .filter(path => workflow.test(path) || gitlab.test(path))
    .flatMap(file => linesOf(parsed(files.read(file)), gitlab.test(file)).map(command => ({ file, command })));
  const seen = new Set<string>();
  return found
    .filter(({ command }) => isTest.test(command) && !isOther.test(command))
    .filter(({ command }) => !seen.has(command) && seen.add(command))
    .slice(0, mostCommands);
}

function linesOf(document: unknown, isGitlab: boolean): string[] {
  const jobs = isGitlab ? Object.values(mapOf(document)) : Object.values(mapOf(mapOf(document).jobs));
  return jobs
    .flatMap(job => {
      const { steps, script } = mapOf(job);
      return isGitlab ? [script].flat(3) : [steps].flat().map(step => mapOf(step).run);
    })
    .filter(text => typeof text === 'string')
    .flatMap(text => text.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map(line => line.trim())
    .filter(Boolean);
}

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function parsed(text: string | undefined): unknown {
  try {
    return (text?.length ?? 0) > longestFile ? undefined : parse(text ?? '', bounded);
  } catch {
    return undefined;
  }
}
