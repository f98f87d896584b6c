/** What the end of a test command says of whether anything was judged. */
import { expect, test } from 'vitest';
import { whyNoVerdict } from '../../../src/actors/gates/outcome.ts';

const pytest = ['python3', '-m', 'pytest'];

test.each<[string, string[], number, string, RegExp]>([
  [
    'a module of Python that is not there',
    pytest,
    1,
    '/usr/bin/python3: No module named pytest',
    /pytest is not installed/,
  ],
  ['nothing that pytest collects', pytest, 5, 'no tests ran in 0.01s', /ran no tests/],
  ['a wrong use of pytest', pytest, 4, 'ERROR: usage: pytest', /exit code 4 of pytest/],
  [
    'a dependency that pytest misses',
    pytest,
    2,
    "E   ModuleNotFoundError: No module named 'freezegun'\n1 error during collection",
    /freezegun is not installed/,
  ],
  [
    'a script that runs pytest',
    ['sh', 'test.sh'],
    5,
    '==== test session starts ====\ncollected 0 items',
    /nothing was collected/,
  ],
  ['a program that is not there', ['npm', 'test'], 127, 'sh: 1: eslint: not found', /eslint is not installed/],
  [
    'a program that a recipe misses',
    ['make', 'test'],
    2,
    '/bin/sh: 1: bats: not found\nmake: *** [Makefile:2: test] Error 127',
    /bats is not installed/,
  ],
  [
    'a package that is not there',
    ['npm', 'test'],
    1,
    "Error: Cannot find module 'left-pad'\nRequire stack:",
    /left-pad is not installed/,
  ],
  [
    'a module of ESM that is not there',
    ['npm', 'test'],
    1,
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'vite' imported from /x",
    /vite is not installed/,
  ],
  ['a script that is not there', ['npm', 'test'], 1, 'npm error Missing script: "test"', /has no script test/],
  [
    'a registry that cargo cannot reach',
    ['cargo', 'test'],
    101,
    'error: failed to get `serde` as a dependency',
    /cargo cannot get serde/,
  ],
  [
    'a module that go cannot fetch',
    ['go', 'test', './...'],
    1,
    'go: example.org/a@v1: Get "https://proxy": dial tcp 1.2.3.4:443: connect',
    /Go cannot reach/,
  ],
  ['a dependency of Maven', ['mvn', 'test'], 1, '[ERROR] Could not resolve dependencies for project a:b', /dependency/],
  ['a target that is up to date', ['make', 'test'], 0, "make: 'test' is up to date.", /ran no tests/],
  ['a target with nothing to do', ['make', 'test'], 0, "make: Nothing to be done for 'test'.", /ran no tests/],
  [
    'crates without tests',
    ['cargo', 'test'],
    0,
    'running 0 tests\n\ntest result: ok. 0 passed; 0 failed',
    /ran no tests/,
  ],
  ['packages without test files', ['go', 'test', './...'], 0, '?   \texample.org/a\t[no test files]', /ran no tests/],
  [
    'a runner that finds no file',
    ['npx', 'vitest', 'run'],
    1,
    'No test files found, exiting with code 1',
    /ran no tests/,
  ],
  ['jest', ['npx', 'jest'], 1, 'No tests found, exiting with code 1', /ran no tests/],
  ['mocha', ['npx', 'mocha'], 0, '\n  0 passing (1ms)\n', /ran no tests/],
  ['node:test', ['node', '--test'], 0, '# tests 0\n# pass 0', /ran no tests/],
  ['unittest', ['python3', '-m', 'unittest'], 5, 'Ran 0 tests in 0.000s\n\nNO TESTS RAN', /ran no tests/],
  ['rspec', ['rspec'], 0, '0 examples, 0 failures', /ran no tests/],
  ['ctest', ['ctest'], 0, 'No tests were found!!!', /ran no tests/],
  ['gradle', ['gradle', 'test'], 0, '> Task :test NO-SOURCE\nBUILD SUCCESSFUL', /ran no tests/],
  ['PHPUnit', ['vendor/bin/phpunit'], 0, 'No tests executed!', /ran no tests/],
])('%s is no verdict', (_, argv, code, output, why) => {
  expect(whyNoVerdict(argv, code, output)).toMatch(why);
});

test.each<[string, string[], number, string]>([
  ['a plain failure', ['sh', 'test.sh'], 1, 'expected 3, got 4'],
  ['code that pytest cannot read', pytest, 2, 'E     SyntaxError: invalid syntax\n1 error during collection'],
  ['tests that fail', pytest, 1, '=== 1 failed, 2 passed in 0.1s ==='],
  ['a file of its own that is not there', ['npm', 'test'], 1, "Error: Cannot find module './missing.js'"],
  [
    'one crate with tests and one without',
    ['cargo', 'test'],
    0,
    'running 3 tests\n...\nrunning 0 tests\ntest result: ok. 3 passed',
  ],
  [
    'one package with tests and one without',
    ['go', 'test', './...'],
    0,
    'ok  \texample.org/a\t0.01s\n?   \texample.org/b\t[no test files]',
  ],
  ['a recursive make', ['make', 'test'], 0, "make[1]: 'lib' is up to date.\n4 tests passed"],
  ['a quiet success', ['sh', 'test.sh'], 0, ''],
])('%s is one', (_, argv, code, output) => {
  expect(whyNoVerdict(argv, code, output)).toBeNull();
});
