/** What builds anything: CMake, Meson, make, just, Task, and a script that is called after what it does. */
import { rulesIn } from './makefile.ts';
import { type Files, fetching, type Toolchain, those } from './toolchain.ts';

export const cmake: Toolchain = {
  name: 'cmake',
  find(files) {
    const isTested = (path: string) => /\b(?:enable_testing|add_test)\s*\(/i.test(files.read(path) ?? '');
    const lists = files.paths.filter(path => /(?:^|\/)CMakeLists\.txt$/.test(path));
    if (!files.has('CMakeLists.txt') || !lists.some(isTested)) return undefined;
    return {
      from: lists.filter(path => path === 'CMakeLists.txt' || isTested(path)).slice(0, 3),
      test: ['ctest', '--test-dir', 'build', '--output-on-failure'],
      // What is built is made of every file, with their paths in it.
      prepare: fetching(
        [
          ['cmake', '-S', '.', '-B', 'build'],
          ['cmake', '--build', 'build'],
        ],
        [],
        false,
      ),
    };
  },
  isForAll: () => true,
};

export const meson: Toolchain = {
  name: 'meson',
  find: files =>
    files.has('meson.build')
      ? {
          from: ['meson.build'],
          test: ['meson', 'test', '-C', 'build'],
          prepare: fetching([['meson', 'setup', 'build']], [], false),
        }
      : undefined,
  isForAll: () => true,
};

/** In the order in which make looks for them. */
const makefiles = ['GNUmakefile', 'makefile', 'Makefile'];

export const make: Toolchain = {
  name: 'make',
  find(files) {
    const makefile = makefileOf(files);
    const target = ['test', 'check'].find(name => makeTarget(files, name) !== undefined);
    if (makefile === undefined || target === undefined) return undefined;
    return { from: [makefile], test: ['make', target], prepare: null };
  },
};

/** How make is told to make a target; undefined where no rule is for it. */
export function makeTarget(files: Files, name: string): string[] | undefined {
  const makefile = makefileOf(files);
  if (makefile === undefined) return undefined;
  const rules = rulesIn(files.read(makefile) ?? '', file => files.read(file));
  return rules.has(name) ? ['make', name] : undefined;
}

export const makefileOf = (files: Files): string | undefined => makefiles.find(file => files.has(file));

/** Whether a Makefile only calls upon CMake: then it knows best how. */
export const callsCmake = (files: Files): boolean =>
  /\b(?:cmake|ctest)\b/.test(files.read(makefileOf(files) ?? '') ?? '');

export const just: Toolchain = {
  name: 'just',
  find(files) {
    const [file] = those(files, ['justfile', 'Justfile', '.justfile']);
    // A recipe is a name with its parameters, a colon and no equals sign behind it.
    if (file === undefined || !/^@?test\b[^:=\n]*:(?!=)/m.test(files.read(file) ?? '')) return undefined;
    return { from: [file], test: ['just', 'test'], prepare: null };
  },
};

export const task: Toolchain = {
  name: 'task',
  find(files) {
    const [file] = those(files, ['Taskfile.yml', 'Taskfile.yaml', 'taskfile.yml', 'taskfile.yaml']);
    if (file === undefined || !/^\s+test:\s*$/m.test(files.read(file) ?? '')) return undefined;
    return { from: [file], test: ['task', 'test'], prepare: null };
  },
};

export const script: Toolchain = {
  name: 'script',
  find: files => (files.has('test.sh') ? { from: ['test.sh'], test: ['sh', 'test.sh'], prepare: null } : undefined),
};
