/**
 * What decides how code is judged: scripts, configuration of test runners, the file that is the whole test. The judged may not
 * write the judge, so what a branch has changed of it is found, put back for a run of its own, and shown to people.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Git, listed } from '../git.ts';
import { entriesBetween } from '../listing.ts';
import { inside } from '../paths.ts';

/** Whole files by which a test run is set up, wherever they lie. */
const wholeFiles = [
  /(?:^|\/)(?:GNUmakefile|[Mm]akefile|[^/]+\.mk|\.?[Jj]ustfile|[Tt]askfile(?:\.dist)?\.ya?ml)$/,
  /(?:^|\/)(?:\.?pytest\.(?:ini|toml)|tox\.ini|noxfile\.py|\.coveragerc|phpunit\.xml(?:\.dist)?|\.rspec)$/,
  /(?:^|\/)(?:jest|vitest|karma|playwright|cypress|ava|wdio|nyc)\.(?:config|workspace|setup)(?:\.[\w-]+)*\.\w+$/,
  /(?:^|\/)(?:\.mocharc|\.nycrc|\.taprc|\.c8rc)(?:\.\w+)?$/,
  /(?:^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.pnpmfile\.c?js|bunfig\.toml)$/,
  /(?:^|\/)(?:\.cargo\/config(?:\.toml)?|\.config\/nextest\.toml)$/,
];
/** Files of which no more than a part is about tests. */
const partial = /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.cfg)$/;
/** Files that build and judge, and such as tests stand on: they are shown, and stay as the branch has them. */
const mixed =
  /(?:^|\/)(?:conftest\.py|Rakefile|composer\.json|deno\.jsonc?|pom\.xml|build\.gradle(?:\.kts)?|Cargo\.toml|CMakeLists\.txt|meson\.build|mix\.exs|Directory\.Build\.(?:props|targets)|[^/]+\.csproj|vite\.config\.\w+|turbo\.json|nx\.json)$/;
const builds = /^(?:\.(?:github|gitea|forgejo)\/(?:workflows|actions)\/|\.gitlab-ci\.yml$|\.circleci\/|Jenkinsfile$)/;
const testFiles =
  /(?:^|\/)(?:tests?|__tests__|spec|specs|e2e)\/|(?:^|\/)test_[^/]+\.\w+$|[._-](?:test|spec)s?\.\w+$|_test\.\w+$/;

export interface ChangedJudges {
  /** Files that can be put back as the target has them. */
  files: string[];
  /** All of it in words, for people: files, builds, tests that are gone. */
  shown: string[];
}

/** What a branch has changed of the judging since it left the target. `named` are files that the command itself names. */
export async function changedJudges(
  git: Git,
  { base, head, named }: { base: string; head: string; named: readonly string[] },
): Promise<ChangedJudges> {
  if (!(await mayConcern(git, { base, head, named }))) return { files: [], shown: [] };
  const fields = await listed(git, ['diff-tree', '-r', '-z', '-M', '--name-status', base, head]);
  const files: string[] = [];
  const shown: string[] = [];
  for (let index = 0; index < fields.length; ) {
    const status = fields[index]![0]!;
    const [path, next] =
      status === 'R' || status === 'C' ? [fields[index + 2]!, index + 3] : [fields[index + 1]!, index + 2];
    const old = status === 'R' ? fields[index + 1]! : path;
    index = next;
    const isWhole = named.includes(path) || named.includes(old) || wholeFiles.some(pattern => pattern.test(path));
    if (isWhole || (partial.test(path) && (await isPartChanged(git, path, { base, head })))) {
      files.push(...new Set([path, old]));
      shown.push(`${path} was ${words[status] ?? 'changed'}`);
    } else if (builds.test(path) || mixed.test(path)) shown.push(`${path} was ${words[status] ?? 'changed'}`);
    else if (status === 'D' && testFiles.test(path)) shown.push(`the test ${path} was removed`);
  }
  return { files, shown };
}

/** Whether any file that is not the same in both is one of them, whatever it was called before. */
async function mayConcern(
  git: Git,
  { base, head, named }: { base: string; head: string; named: readonly string[] },
): Promise<boolean> {
  const { gone, come } = await entriesBetween(git, base, head);
  const patterns = [...wholeFiles, partial, mixed, builds, testFiles];
  return [...gone, ...come].some(({ path }) => named.includes(path) || patterns.some(pattern => pattern.test(path)));
}

const words: Readonly<Record<string, string>> = { A: 'added', D: 'removed', M: 'changed', R: 'renamed', T: 'changed' };

async function isPartChanged(git: Git, path: string, { base, head }: { base: string; head: string }): Promise<boolean> {
  const [before, after] = await Promise.all([base, head].map(commit => textAt(git, commit, path)));
  return partsOf(path, before ?? '') !== partsOf(path, after ?? '');
}

/** The file as it is in a commit; undefined where it is not, or is no file. */
export async function textAt(git: Git, commit: string, path: string): Promise<string | undefined> {
  const { code, stdout } = await git.result(['cat-file', 'blob', `${commit}:${path}`]);
  return code === 0 ? stdout : undefined;
}

/** Writes them into a checkout as a commit has them; those that it does not have go. */
export async function putBack(
  git: Git,
  directory: string,
  { commit, files }: { commit: string; files: readonly string[] },
): Promise<void> {
  for (const path of files) {
    const file = inside(directory, path);
    const text = await textAt(git, commit, path);
    const own = partial.test(path) ? await textAt(git, 'HEAD', path) : undefined;
    if (own !== undefined && text !== undefined) writeFileSync(file, withPartsOf(path, own, text));
    else if (own !== undefined) continue;
    else if (text === undefined) rmSync(file, { force: true });
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}

/** Of package.json what tests are run by; dependencies are the branch's own. */
const keys = ['scripts', 'jest', 'mocha', 'vitest', 'ava', 'c8', 'nyc', 'tap'];
const sections =
  /^\[(?:tool[.:](?:pytest|tox|nox|coverage)[^\]]*|pytest|coverage:[^\]]*)\][^\n]*\n(?:(?!\[)[^\n]*\n?)*/gm;

function partsOf(path: string, text: string): string {
  if (!path.endsWith('package.json')) return (text.match(sections) ?? []).map(part => part.trim()).join('\n');
  const all = parsed(text);
  return JSON.stringify(keys.map(key => all[key] ?? null));
}

function withPartsOf(path: string, own: string, target: string): string {
  if (!path.endsWith('package.json')) {
    const theirs = target.match(sections) ?? [];
    return `${own.replace(sections, '').trimEnd()}\n\n${theirs.join('\n')}`;
  }
  const { ...mine } = parsed(own);
  const theirs = parsed(target);
  for (const key of keys) {
    delete mine[key];
    if (theirs[key] !== undefined) mine[key] = theirs[key];
  }
  return `${JSON.stringify(mine, null, 2)}\n`;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
