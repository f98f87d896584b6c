/** What Python runs, in environments of its own where something is to be missing. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../../support/temporary.ts';
import { fetched, firstMissing, nowhere, type Tool, unlessFetched } from './tool.ts';

const passing = 'def sum(a, b):\n    return a + b\n';
const failing = 'def sum(a, b):\n    return a - b\n';
const needing = `import missing_thing\n\n\n${passing}`;

function canImport(module: string): boolean {
  try {
    execFileSync('python3', ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Programs of an environment that has nothing but Python. */
function bareEnvironment(): string[] {
  const directory = join(temporaryDirectory(), 'environment');
  execFileSync('python3', ['-m', 'venv', '--without-pip', directory], { stdio: 'ignore' });
  return [join(directory, 'bin')];
}

export const pytest: Tool = {
  name: 'pytest',
  lacks: firstMissing('python3') ?? (canImport('pytest') ? undefined : 'pytest'),
  project: () => ({
    files: {
      'pytest.ini': '[pytest]\n',
      'shop.py': passing,
      'test_shop.py': 'import shop\n\n\ndef test_adds():\n    assert shop.sum(1, 2) == 3\n',
    },
  }),
  fails: { change: { 'shop.py': failing } },
  noTests: { files: { 'test_shop.py': null } },
  noRunner: { path: bareEnvironment, says: /pytest is not installed/ },
  noDependency: { files: { 'shop.py': needing }, says: /missing_thing is not installed/ },
  more: {
    'a function that the change takes away and tests import': {
      files: { 'test_shop.py': 'from shop import sum\n\n\ndef test_adds():\n    assert sum(1, 2) == 3\n' },
      change: { 'shop.py': 'def total(a, b):\n    return a + b\n' },
      verdict: 'fail',
      says: /failed with exit code 2/,
    },
    'code that is none and that a conftest imports': {
      files: { 'conftest.py': 'import shop\n' },
      change: { 'shop.py': 'def sum(a, b:\n' },
      verdict: 'fail',
      says: /failed with exit code 4/,
    },
  },
  atLeisure: {
    'no Python at all': { without: ['python3'], verdict: 'inconclusive', says: /python3 is not installed/ },
    'a module that a conftest asks for': {
      files: { 'conftest.py': 'import missing_thing\n' },
      verdict: 'inconclusive',
      says: /missing_thing is not installed/,
    },
    'a plugin that the settings ask for': {
      files: { 'pytest.ini': '[pytest]\naddopts = --cov=shop --cov-report=term\n' },
      verdict: 'inconclusive',
      says: /could not be run: what knows --cov=shop .* is not installed/,
    },
    'a test that asks for a module while it runs': {
      files: { 'test_shop.py': 'def test_adds():\n    import missing_thing\n' },
      verdict: 'inconclusive',
      says: /missing_thing is not installed/,
    },
    'a module of its own that the change takes away': {
      change: { 'test_shop.py': 'import gone\n\n\ndef test_adds():\n    assert gone.sum(1, 2) == 3\n' },
      verdict: 'fail',
      says: /nothing is missing on main/,
    },
    'code that is none': { change: { 'shop.py': 'def sum(a, b:\n' }, verdict: 'fail', says: /exit code 2/ },
  },
};

export const unittest: Tool = {
  name: 'unittest',
  lacks: firstMissing('python3'),
  project: () => ({
    run: ['python3', '-m', 'unittest'],
    files: {
      'shop.py': passing,
      'test_shop.py':
        'import unittest\n\nimport shop\n\n\nclass Sum(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(shop.sum(1, 2), 3)\n',
    },
  }),
  fails: { change: { 'shop.py': failing } },
  noTests: { files: { 'test_shop.py': null } },
  noRunner: { without: ['python3'], says: /python3 is not installed/ },
  noDependency: { files: { 'shop.py': needing }, says: /missing_thing is not installed/ },
};

function fetchTox(): void {
  if (existsSync(join(fetched('python'), 'bin/tox'))) return;
  execFileSync('python3', ['-m', 'venv', fetched('python')], { stdio: 'ignore' });
  execFileSync(join(fetched('python'), 'bin/pip'), ['install', '--quiet', 'tox'], { stdio: 'ignore' });
}

/** What makes an environment with these packages and runs pytest in it. */
const toxWith = (deps: string, more = '') =>
  `[tox]\nenvlist = py\nskipsdist = true\n\n[testenv]\ndeps = ${deps}\n${more}commands = python -m pytest\n`;

export const tox: Tool = {
  name: 'tox',
  lacks: firstMissing('python3') ?? unlessFetched,
  fetch: fetchTox,
  project: () => ({
    path: () => [join(fetched('python'), 'bin')],
    files: {
      'tox.ini': toxWith('pytest'),
      'shop.py': passing,
      'test_shop.py': 'import shop\n\n\ndef test_adds():\n    assert shop.sum(1, 2) == 3\n',
    },
  }),
  fails: { change: { 'shop.py': failing } },
  noTests: { files: { 'test_shop.py': null } },
  noRunner: { path: () => [], without: ['tox'], says: /tox is not installed/ },
  noDependency: {
    files: {
      'tox.ini': toxWith('missing-thing', `set_env =\n    PIP_INDEX_URL = ${nowhere}/simple\n    PIP_RETRIES = 0\n`),
    },
    says: /pip cannot get missing-thing/,
  },
  atLeisure: {
    'an environment without the runner': {
      files: { 'tox.ini': toxWith('') },
      verdict: 'inconclusive',
      says: /pytest is not installed/,
    },
    'a program that is not there': {
      files: { 'tox.ini': toxWith('').replace('python -m pytest', 'missing-program') },
      verdict: 'inconclusive',
      says: /missing-program/,
    },
    'a Python that is not there': {
      files: { 'tox.ini': toxWith('pytest').replace('envlist = py', 'envlist = py27') },
      verdict: 'inconclusive',
      says: /py27 is not installed/,
    },
  },
};
