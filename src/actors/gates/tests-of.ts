/** How a repository runs its own tests, by what lies in it. Nothing of it is run to find that out. */
import { rulesIn } from './makefile.ts';

/** Files of a commit, or of a directory. */
export interface Files {
  /** What is in it; undefined where there is no such file. */
  read(file: string): string | undefined;
  has(file: string): boolean;
}

/** What was found: the command, and the file that says so. */
export interface FoundCommand {
  argv: string[];
  from: string;
}

/** What is looked for, for people. */
export const lookedFor = 'package.json, Makefile, pytest, cargo, go, Maven, Gradle, CMake, mix, deno, test.sh';

/** The repository's own way to run its tests; undefined when none is found. */
export function testsOf(files: Files): FoundCommand | undefined {
  const script = scriptOf(files, 'test');
  if (script !== undefined) return script;
  for (const [file, argv] of byFile) if (files.has(file)) return { argv: argv(files), from: file };
  if (/^\[tool\.pytest/m.test(files.read('pyproject.toml') ?? ''))
    return { argv: pytest(files), from: 'pyproject.toml' };
  if (/^\[tool:pytest\]/m.test(files.read('setup.cfg') ?? '')) return { argv: pytest(files), from: 'setup.cfg' };
  if (/\b(?:enable_testing|add_test)\s*\(/i.test(files.read('CMakeLists.txt') ?? '')) {
    return { argv: ['ctest', '--test-dir', 'build', '--output-on-failure'], from: 'CMakeLists.txt' };
  }
  if (files.has('tox.ini')) return { argv: ['tox'], from: 'tox.ini' };
  if (files.has('test.sh')) return { argv: ['sh', 'test.sh'], from: 'test.sh' };
  return undefined;
}

/** How to run a script of package.json, or a target of the Makefile; undefined when there is none of that name. */
export function scriptOf(files: Files, name: string): FoundCommand | undefined {
  if (hasScript(files.read('package.json') ?? '', name)) return { argv: runScript(files, name), from: 'package.json' };
  const makefile = makefiles.find(file => files.has(file));
  if (makefile === undefined) return undefined;
  const rules = rulesIn(files.read(makefile) ?? '', file => files.read(file));
  return rules.has(name) ? { argv: ['make', name], from: makefile } : undefined;
}

/** In the order in which make looks for them. */
const makefiles = ['GNUmakefile', 'makefile', 'Makefile'];

const pytest = (files: Files): string[] => {
  if (files.has('uv.lock')) return ['uv', 'run', 'pytest'];
  if (files.has('poetry.lock')) return ['poetry', 'run', 'pytest'];
  return ['python3', '-m', 'pytest'];
};

const wrapped =
  (wrapper: string, program: string, ...args: string[]) =>
  (files: Files) => [files.has(wrapper) ? `./${wrapper}` : program, ...args];

const byFile: readonly [string, (files: Files) => string[]][] = [
  ['Cargo.toml', () => ['cargo', 'test']],
  ['go.mod', () => ['go', 'test', './...']],
  ['pytest.ini', pytest],
  ['pom.xml', wrapped('mvnw', 'mvn', '-B', '-ntp', 'test')],
  ['build.gradle', wrapped('gradlew', 'gradle', 'test')],
  ['build.gradle.kts', wrapped('gradlew', 'gradle', 'test')],
  ['mix.exs', () => ['mix', 'test']],
  ['deno.json', () => ['deno', 'test']],
  ['phpunit.xml', () => ['vendor/bin/phpunit']],
  ['phpunit.xml.dist', () => ['vendor/bin/phpunit']],
  ['.rspec', () => ['bundle', 'exec', 'rspec']],
  ['Package.swift', () => ['swift', 'test']],
  ['pubspec.yaml', () => ['dart', 'test']],
];

/** Which program runs the scripts of a package: what it says itself, or whose lock file there is. */
function runScript(files: Files, name: string): string[] {
  const manager = /"packageManager"\s*:\s*"(npm|pnpm|yarn|bun)@/.exec(files.read('package.json') ?? '')?.[1];
  const locked = [
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['bun.lockb', 'bun'],
  ].find(([file = '']) => files.has(file))?.[1];
  const program = manager ?? locked ?? 'npm';
  if (program !== 'npm') return [program, 'run', name];
  return name === 'test' ? ['npm', 'test', '--silent'] : ['npm', 'run', '--silent', name];
}

/** Scripts that are there for the look of it. */
const placeholder = /^\s*(?:true|:|exit 0|echo\b[^&|;]*)\s*$|no test specified/;

function hasScript(packageJson: string, name: string): boolean {
  try {
    const script: unknown = (JSON.parse(packageJson) as { scripts?: Record<string, unknown> })?.scripts?.[name];
    return typeof script === 'string' && script !== '' && !placeholder.test(script);
  } catch {
    return false;
  }
}
