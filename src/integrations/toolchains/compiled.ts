/** Languages whose own tool fetches, builds and tests: what it has fetched it keeps for itself, once for all checkouts. */
import { type Files, fetching, type Toolchain, those, wrapped } from './toolchain.ts';

export const cargo: Toolchain = {
  name: 'cargo',
  find(files) {
    if (!files.has('Cargo.toml')) return undefined;
    const isLocked = files.has('Cargo.lock');
    const options = [...(isWorkspace(files) ? ['--workspace'] : []), ...(isLocked ? ['--locked'] : [])];
    const isNextest = files.has('.config/nextest.toml');
    return {
      from: those(files, ['Cargo.toml', 'Cargo.lock', '.config/nextest.toml']),
      test: ['cargo', ...(isNextest ? ['nextest', 'run'] : ['test']), ...options],
      prepare: fetching([['cargo', 'fetch', ...(isLocked ? ['--locked'] : [])]], those(files, ['Cargo.lock']), true),
    };
  },
  isForAll: files => isWorkspace(files),
};

const isWorkspace = (files: Files): boolean => /^\[workspace/m.test(files.read('Cargo.toml') ?? '');

export const go: Toolchain = {
  name: 'go',
  find(files) {
    // A workspace alone has no packages of its own: each of its modules is tested.
    const modules = modulesOf(files);
    if (!files.has('go.mod') && modules.length === 0) return undefined;
    return {
      from: those(files, ['go.mod', 'go.work']),
      test: ['go', 'test', ...(files.has('go.mod') ? ['./...'] : []), ...modules.map(module => `./${module}/...`)],
      prepare: fetching([['go', 'mod', 'download']], those(files, ['go.sum', 'go.work.sum']), true),
    };
  },
  isForAll: files => files.has('go.work'),
};

/** The modules that a `go.work` names, by its grammar: https://go.dev/ref/mod#go-work-file-use. */
function modulesOf(files: Files): string[] {
  const text = (files.read('go.work') ?? '').replace(/\/\/.*$/gm, '');
  const blocks = [...text.matchAll(/^\s*use\s*\(([^)]*)\)/gm)].flatMap(([, block = '']) => block.split('\n'));
  const single = [...text.matchAll(/^\s*use\s+([^\s(]+)\s*$/gm)].map(([, path = '']) => path);
  return [...blocks, ...single]
    .map(path => path.trim().replace(/^"|"$/g, '').replace(/^\.\//, '').replace(/\/$/, ''))
    .filter(path => path !== '' && path !== '.' && !path.startsWith('..'));
}

export const maven: Toolchain = {
  name: 'maven',
  find(files) {
    if (!files.has('pom.xml')) return undefined;
    const program = wrapped(files, 'mvnw', 'mvn');
    return {
      from: those(files, ['pom.xml', 'mvnw']),
      test: [program, '-B', '-ntp', 'test'],
      prepare: null,
    };
  },
  isForAll: files => /<modules>/.test(files.read('pom.xml') ?? ''),
};

export const gradle: Toolchain = {
  name: 'gradle',
  find(files) {
    const scripts = those(files, ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts']);
    if (scripts.length === 0) return undefined;
    const program = wrapped(files, 'gradlew', 'gradle');
    return {
      from: [...scripts, ...those(files, ['gradlew'])],
      test: [program, 'test'],
      prepare: null,
    };
  },
  isForAll: () => true,
};

export const dotnet: Toolchain = {
  name: 'dotnet',
  find(files) {
    const from = files.paths.filter(path => /^[^/]+\.(?:slnx?|csproj|fsproj|vbproj)$/.test(path));
    if (from.length === 0) return undefined;
    const prepare = fetching([['dotnet', 'restore']], those(files, ['packages.lock.json']), true);
    return { from, test: ['dotnet', 'test'], prepare };
  },
  isForAll: () => true,
};

export const swift: Toolchain = {
  name: 'swift',
  find: files =>
    files.has('Package.swift') ? { from: ['Package.swift'], test: ['swift', 'test'], prepare: null } : undefined,
};

export const dart: Toolchain = {
  name: 'dart',
  find(files) {
    if (!files.has('pubspec.yaml')) return undefined;
    const program = /^\s*sdk:\s*flutter\s*$/m.test(files.read('pubspec.yaml') ?? '') ? 'flutter' : 'dart';
    const prepare = fetching([[program, 'pub', 'get']], those(files, ['pubspec.yaml', 'pubspec.lock']), true);
    return { from: ['pubspec.yaml'], test: [program, 'test'], prepare };
  },
};
