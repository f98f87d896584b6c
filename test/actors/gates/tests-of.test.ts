/** How a repository runs its own tests. */
import { expect, test } from 'vitest';
import { rulesIn } from '../../../src/actors/gates/makefile.ts';
import { testsOf } from '../../../src/actors/gates/tests-of.ts';

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
])('finds %s', (_, files, command) => {
  const found = testsOf({ has: file => file in files, read: file => files[file] });
  expect(found?.argv).toEqual(command);
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
