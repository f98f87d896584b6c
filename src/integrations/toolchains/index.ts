/** How a repository runs its own tests, by what lies in it. */
import { callsCmake, cmake, just, make, makefileOf, makeTarget, meson, script, task } from './build.ts';
import { cargo, dart, dotnet, go, gradle, maven, swift } from './compiled.ts';
import { node, packageScript } from './node.ts';
import { python } from './python.ts';
import { deno, mix, php, ruby } from './scripted.ts';
import type { Candidate, Files, Toolchain } from './toolchain.ts';

/** The most particular first: what a repository has written for itself, then what its languages bring. */
const toolchains: readonly Toolchain[] = [
  ...[node, make, just, task, cargo, go, python, maven, gradle, dotnet, php, ruby, mix, deno, swift, dart],
  ...[cmake, meson, script],
];

/** A candidate with where it is to be run; empty for the top. */
export interface Placed extends Candidate {
  directory: string;
}

/** What is looked for, for people. */
export const lookedFor =
  'package.json, Makefile, justfile, Taskfile, Cargo.toml, go.mod, pytest, tox, nox, Maven, Gradle, .NET, PHPUnit, Rake, RSpec, mix, deno, Swift, Dart, CMake, Meson, test.sh';

/** The ways to run the tests of what lies at the top of these files, the likeliest first. */
export function candidatesAt(files: Files): Candidate[] {
  const found = toolchains.flatMap(toolchain => {
    const candidate = toolchain.find(files);
    return candidate === undefined ? [] : [{ toolchain: toolchain.name, ...candidate }];
  });
  // A Makefile beside CMake's own tests is often one for a demonstration.
  const isCmake = found.some(({ toolchain }) => toolchain === 'cmake') && !callsCmake(files);
  return isCmake
    ? [
        ...found.filter(({ toolchain }) => toolchain !== 'make'),
        ...found.filter(({ toolchain }) => toolchain === 'make'),
      ]
    : found;
}

/** So deep projects are looked for. */
const deepest = 3;
/** Where others' projects lie, and such as are there to be looked at. */
const elsewhere =
  /(?:^|\/)(?:node_modules|vendor|third_party|fixtures?|testdata|examples?|samples?|templates?|\.[^/]+)(?:\/|$)/;

/** The ways to run the tests of a whole repository: at its top, and in directories that no other one speaks for. */
export function candidatesIn(files: Files): Placed[] {
  const directories = new Set(
    files.paths.map(path => path.slice(0, Math.max(0, path.lastIndexOf('/')))).filter(path => !elsewhere.test(path)),
  );
  const sorted = [...directories, '']
    .filter((path, index, all) => all.indexOf(path) === index && path.split('/').length <= deepest)
    .sort((a, b) => (a < b ? -1 : 1));
  const found: Placed[] = [];
  const spoken: { toolchain: string; directory: string }[] = [];
  for (const directory of sorted) {
    const here = below(files, directory);
    for (const candidate of candidatesAt(here)) {
      const isBelow = (other: string) => other === '' || directory.startsWith(`${other}/`);
      const isSpoken = spoken.some(
        ({ toolchain, directory: other }) => toolchain === candidate.toolchain && isBelow(other),
      );
      const own = toolchains.find(({ name }) => name === candidate.toolchain);
      if (isSpoken && own?.isApart?.(here) !== true) continue;
      found.push({ ...candidate, directory });
    }
    for (const { name, isForAll } of toolchains)
      if (isForAll?.(here) === true) spoken.push({ toolchain: name, directory });
  }
  return found;
}

/** The files of a directory, as if it were the top. */
export function below(files: Files, directory: string): Files {
  if (directory === '') return files;
  const paths = files.paths
    .filter(path => path.startsWith(`${directory}/`))
    .map(path => path.slice(directory.length + 1));
  return {
    paths,
    has: file => files.has(`${directory}/${file}`),
    read: file => files.read(`${directory}/${file}`),
  };
}

/** A script of package.json, or a target of the Makefile, with the file that has it; undefined when there is none of that name. */
export function scriptOf(files: Files, name: string): { argv: string[]; from: string } | undefined {
  const script = packageScript(files, name);
  if (script !== undefined) return { argv: script, from: 'package.json' };
  const target = makeTarget(files, name);
  return target === undefined ? undefined : { argv: target, from: makefileOf(files)! };
}
