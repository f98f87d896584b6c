/** How a repository runs its own tests. */
import { expect, test } from 'vitest';
import { candidatesAt, candidatesIn } from '../../../src/integrations/toolchains/index.ts';
import { rulesIn } from '../../../src/integrations/toolchains/makefile.ts';

const filesFrom = (files: Record<string, string>) => ({
  paths: Object.keys(files),
  has: (file: string) => file in files,
  read: (file: string) => files[file],
});

test.each<[string, Record<string, string>, string[] | undefined]>([
  ['npm', { 'package.json': '{"scripts":{"test":"node test.js"}}', Makefile: 'test:\n' }, ['npm', 'test', '--silent']],
  ['make', { Makefile: 'all:\n\ntest: all\n\t./check\n' }, ['make', 'test']],
  ['make, past a package without tests', { 'package.json': '{"scripts":{}}', Makefile: 'test:\n' }, ['make', 'test']],
  ['cargo', { 'Cargo.toml': '' }, ['cargo', 'test']],
  ['go', { 'go.mod': '' }, ['go', 'test', './...']],
  ['pytest', { 'pyproject.toml': '[tool.pytest.ini_options]\n' }, ['python3', '-m', 'pytest']],
  ['test.sh', { 'test.sh': 'exit 0' }, ['sh', 'test.sh']],
  [
    'nothing, for the placeholder of npm init',
    { 'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}' },
    undefined,
  ],
  ['nothing, for a package that is no JSON', { 'package.json': '{' }, undefined],
  ['nothing, for a Makefile that only tests elsewhere', { Makefile: 'retest:\n.PHONY: test\n' }, undefined],
  [
    'pnpm, by its lock file',
    { 'package.json': '{"scripts":{"test":"vitest"}}', 'pnpm-lock.yaml': '' },
    ['pnpm', 'run', 'test'],
  ],
  [
    'yarn, by what the package says',
    { 'package.json': '{"packageManager":"yarn@4.1.0","scripts":{"test":"jest"}}' },
    ['yarn', 'run', 'test'],
  ],
  ['Maven, with its wrapper', { 'pom.xml': '', mvnw: '' }, ['./mvnw', '-B', '-ntp', 'test']],
  ['pytest of uv', { 'pytest.ini': '', 'uv.lock': '' }, ['uv', 'run', 'pytest']],
  [
    'nothing, for a script that is there for the look of it',
    { 'package.json': '{"scripts":{"test":"true"}}' },
    undefined,
  ],
  ['nothing, in an empty repository', {}, undefined],
  [
    'every package of a pnpm workspace, where the top has no script',
    { 'package.json': '{}', 'pnpm-workspace.yaml': '', 'packages/a/package.json': '{"scripts":{"test":"vitest"}}' },
    ['pnpm', '-r', '--if-present', 'test'],
  ],
  [
    'every package of npm workspaces',
    { 'package.json': '{"workspaces":["a"]}', 'a/package.json': '{"scripts":{"test":"node --test"}}' },
    ['npm', 'test', '--silent', '--workspaces', '--if-present'],
  ],
  [
    'no workspace in which nobody tests',
    { 'package.json': '{"workspaces":["a"]}', 'a/package.json': '{"scripts":{"test":"true"}}' },
    undefined,
  ],
  [
    'turbo',
    { 'package.json': '{"workspaces":["a"],"packageManager":"yarn@4.1.0"}', 'turbo.json': '{}' },
    ['yarn', 'exec', 'turbo', 'run', 'test'],
  ],
  ['bun without a script', { 'package.json': '{}', 'bun.lock': '', 'src/a.test.ts': '' }, ['bun', 'test']],
  [
    'CTest before a Makefile for a demonstration',
    { Makefile: 'test: demo\n', 'CMakeLists.txt': 'enable_testing()\n' },
    ['ctest', '--test-dir', 'build', '--output-on-failure'],
  ],
  [
    'a Makefile that calls upon CMake',
    { Makefile: 'test:\n\tctest --test-dir out\n', 'CMakeLists.txt': 'add_test(a b)\n' },
    ['make', 'test'],
  ],
  ['make check', { Makefile: 'check:\n\t./check\n' }, ['make', 'check']],
  ['pytest by its files alone', { 'setup.py': '', 'tests/test_a.py': '' }, ['python3', '-m', 'pytest']],
  ['pytest of poetry', { 'conftest.py': '', 'poetry.lock': '' }, ['poetry', 'run', 'pytest']],
  ['tox', { 'tox.ini': '[tox]\n' }, ['tox']],
  [
    'tox that belongs to the locked environment',
    { 'tox.ini': '[tox]\n', 'uv.lock': '[[package]]\nname = "tox"\n' },
    ['uv', 'run', 'tox'],
  ],
  ['nox', { 'noxfile.py': '' }, ['nox']],
  ['Django', { 'manage.py': 'import django\n' }, ['python3', 'manage.py', 'test']],
  [
    'nextest, of a workspace that is locked',
    { 'Cargo.toml': '[workspace]\n', 'Cargo.lock': '', '.config/nextest.toml': '' },
    ['cargo', 'nextest', 'run', '--workspace', '--locked'],
  ],
  [
    'every module of a Go workspace',
    { 'go.work': 'go 1.22\n\nuse (\n\t./a // the first\n\t./b/c\n)\nuse ./d\n' },
    ['go', 'test', './a/...', './b/c/...', './d/...'],
  ],
  ['Gradle, with its wrapper', { 'settings.gradle.kts': '', gradlew: '' }, ['./gradlew', 'test']],
  ['.NET', { 'Shop.sln': '' }, ['dotnet', 'test']],
  ['PHPUnit', { 'phpunit.xml.dist': '', 'composer.json': '{}' }, ['vendor/bin/phpunit']],
  ['a script of composer', { 'composer.json': '{"scripts":{"test":"phpunit"}}' }, ['composer', 'test']],
  ['RSpec', { '.rspec': '', Gemfile: '' }, ['bundle', 'exec', 'rspec']],
  ['Rake', { Rakefile: 'Rake::TestTask.new\n' }, ['rake', 'test']],
  ['Mix', { 'mix.exs': '' }, ['mix', 'test']],
  ['a task of Deno', { 'deno.json': '{"tasks":{"test":"deno test -A"}}' }, ['deno', 'task', 'test']],
  ['Meson', { 'meson.build': '' }, ['meson', 'test', '-C', 'build']],
  ['Swift', { 'Package.swift': '' }, ['swift', 'test']],
  ['Dart', { 'pubspec.yaml': 'name: a\n' }, ['dart', 'test']],
  ['Flutter', { 'pubspec.yaml': 'dependencies:\n  flutter:\n    sdk: flutter\n' }, ['flutter', 'test']],
  ['just', { justfile: 'test *args: build\n  ./check\n' }, ['just', 'test']],
  ['no recipe of just that is a variable', { justfile: 'test := "a"\n' }, undefined],
  ['Task', { 'Taskfile.yml': 'tasks:\n  test:\n    cmds: [./check]\n' }, ['task', 'test']],
])('finds %s', (_, files, command) => {
  const [found] = candidatesAt(filesFrom(files));
  expect(found?.test).toEqual(command);
});

test('finds every project of a repository, once', () => {
  const files = filesFrom({
    'package.json': '{"workspaces":["web"]}',
    'web/package.json': '{"scripts":{"test":"vitest"}}',
    'server/go.mod': '',
    'tools/check/Cargo.toml': '',
    'examples/one/package.json': '{"scripts":{"test":"vitest"}}',
    'web/node_modules/a/package.json': '{"scripts":{"test":"vitest"}}',
  });
  expect(candidatesIn(files).map(({ directory, test }) => [directory, ...test])).toEqual([
    ['', 'npm', 'test', '--silent', '--workspaces', '--if-present'],
    ['server', 'go', 'test', './...'],
    ['tools/check', 'cargo', 'test'],
  ]);
});

test.each<[string, Record<string, string>, string[][] | undefined]>([
  ['npm, by its lock file', { 'package.json': '{"scripts":{"test":"a"}}', 'package-lock.json': '' }, [['npm', 'ci']]],
  ['nothing for a package without one', { 'package.json': '{"scripts":{"test":"a"}}' }, undefined],
  [
    'yarn 1',
    { 'package.json': '{"scripts":{"test":"a"}}', 'yarn.lock': '# yarn lockfile v1\n' },
    [['yarn', 'install', '--frozen-lockfile']],
  ],
  [
    'a later yarn',
    { 'package.json': '{"scripts":{"test":"a"}}', 'yarn.lock': '__metadata:\n  version: 8\n' },
    [['yarn', 'install', '--immutable']],
  ],
  ['uv', { 'conftest.py': '', 'uv.lock': '' }, [['uv', 'sync', '--locked']]],
  [
    'CMake, in two steps',
    { 'CMakeLists.txt': 'enable_testing()' },
    [
      ['cmake', '-S', '.', '-B', 'build'],
      ['cmake', '--build', 'build'],
    ],
  ],
])('prepares %s', (_, files, steps) => {
  expect(candidatesAt(filesFrom(files))[0]?.prepare?.steps).toEqual(steps);
});

const rules: [string, string, string[]][] = [
  ['a rule', 'test: all\n\t./check\n', ['test']],
  ['a rule for several targets', 'test check: build\n', ['test', 'check']],
  ['a double colon rule', 'test::\n\t./check\n', ['test']],
  ['a grouped rule', 'a b&: c\n', ['a', 'b']],
  ['a rule over several lines', 'test: \\\n  all\n', ['test']],
  ['an order-only prerequisite', 'test: | build\n', ['test']],
  ['a rule with a recipe behind it', 'test: ; ./check X=1\n', ['test']],
  ['variables', 'test := a\ntest ::= a\ntest = a: b\ntest ?= a\ntest += a\ntest != date\ntest :::= a\n', []],
  ['variables of a target', 'test: CFLAGS = -g\ntest: CFLAGS := -g\ntest: export PATH += x\ntest: A ?= 1\n', []],
  ['a recipe', 'all:\n\ttest: x\n', ['all']],
  ['a comment', '# test: all\nall: # test: b\n', ['all']],
  ['a phony target alone', '.PHONY: test\n', []],
  ['lines that are defined', 'define test\ntest: a\nendef\nall:\n', ['all']],
  ['names that are computed', '$(OBJS): %.o: %.c\nlib$(X): a\n', []],
  ['a prerequisite that is called like an address', 'test: http\\://a\n', ['test']],
];

test.each(rules)('of a Makefile with %s', (_, text, targets) => {
  expect([...rulesIn(text, () => undefined)]).toEqual(targets);
});

test('of a Makefile that includes others, and itself', () => {
  const files: Record<string, string> = {
    'a.mk': 'test:\n\t./check\ninclude Makefile\n',
    Makefile: 'include ./a.mk none.mk\n',
  };
  expect([...rulesIn(files.Makefile!, file => files[file])]).toEqual(['test']);
});

const pnpm = { 'package.json': '{"scripts":{"test":"vitest"}}', 'pnpm-lock.yaml': '' };
const yarn = { 'package.json': '{"scripts":{"test":"jest"}}', 'yarn.lock': '' };
const berry = { ...yarn, '.yarnrc.yml': 'nodeLinker: node-modules\n' };
const composer = { 'composer.json': '{"scripts":{"test":"phpunit"}}', 'composer.lock': '' };

test.each<[string, Record<string, string>, string[]]>([
  ['pnpm', pnpm, ['node_modules']],
  ['pnpm with a link', { ...pnpm, 'a/package.json': '{"dependencies":{"b":"link:../b"}}' }, ['node_modules']],
  ['yarn', yarn, ['node_modules']],
  ['a later yarn that has them there', berry, ['node_modules']],
  ['composer', composer, ['vendor']],
])('what %s has installed is kept', (_, files, keeps) => {
  expect(candidatesAt(filesFrom(files))[0]?.prepare?.keeps).toEqual(keeps);
});

test.each<[string, Record<string, string>]>([
  ['pnpm, from a directory', { ...pnpm, 'a/package.json': '{"dependencies":{"b":"file:../b"}}' }],
  ['pnpm, by a catalog', { ...pnpm, 'pnpm-workspace.yaml': 'catalog:\n  b: file:./b\n' }],
  ['pnpm, injected', { ...pnpm, 'a/package.json': '{"dependenciesMeta":{"b":{"injected":true}}}' }],
  ['pnpm, injected by its settings', { ...pnpm, '.npmrc': 'inject-workspace-packages=true\n' }],
  ['pnpm, by a script of a package below', { ...pnpm, 'a/package.json': '{"scripts":{"postinstall":"node make.js"}}' }],
  ['yarn, from a directory', { ...yarn, 'a/package.json': '{"dependencies":{"b":"file:../b"}}' }],
  ['a later yarn, by a program', { ...berry, 'a/package.json': '{"dependencies":{"b":"exec:./make.js"}}' }],
  ['a later yarn, by a portal', { ...berry, 'a/package.json': '{"dependencies":{"b":"portal:../b"}}' }],
  ['a later yarn that has them elsewhere', { ...berry, '.yarnrc.yml': 'nodeLinker: pnp\n' }],
  ['composer, by scripts', { ...composer, 'composer.json': '{"scripts":{"test":"x","post-install-cmd":"make"}}' }],
  [
    'composer, from a directory',
    { ...composer, 'composer.json': '{"scripts":{"test":"x"},"repositories":[{"type":"path","url":"b"}]}' },
  ],
  ['composer, with patches', { ...composer, 'composer.json': '{"scripts":{"test":"x"},"extra":{"patches":{"a":{}}}}' }],
])('what the lock file does not tell of is kept for nobody: %s', (_, files) => {
  expect(candidatesAt(filesFrom(files))[0]?.prepare?.keeps).toEqual([]);
});

test('a patch, wherever it lies, decides what is installed', () => {
  const files = filesFrom({ ...pnpm, 'fixes/b.patch': '', 'patches/c': '', 'src/a.ts': '' });
  expect(candidatesAt(files)[0]?.prepare?.keyedBy).toEqual(expect.arrayContaining(['fixes/b.patch', 'patches/c']));
  expect(candidatesAt(files)[0]?.prepare?.keyedBy).not.toContain('src/a.ts');
});
