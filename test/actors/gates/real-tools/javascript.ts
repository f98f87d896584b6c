/** What npm runs: its packages are those of a workspace, or lie around the checkout, or are fetched. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fetched, firstMissing, nowhere, type Tool, unlessFetched } from './tool.ts';

const unreachable = `registry=${nowhere}/\nfetch-retries=0\n`;
const missing = 'missing-thing';

interface Package {
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  workspaces?: string[];
}

const manifest = (content: Package): string => JSON.stringify({ name: 'shop', version: '1.0.0', ...content });

/** Of a package whose dependencies are nowhere to be had. */
function lockOf({ dependencies, devDependencies }: Package): string {
  const names = Object.keys({ ...dependencies, ...devDependencies });
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
  const entryOf = (name: string) => ({
    version: '1.0.0',
    resolved: `${nowhere}/${name}/-/${name}-1.0.0.tgz`,
    integrity,
  });
  const packages = {
    '': { name: 'shop', version: '1.0.0', dependencies, devDependencies },
    ...Object.fromEntries(names.map(name => [`node_modules/${name}`, entryOf(name)])),
  };
  return JSON.stringify({ name: 'shop', version: '1.0.0', lockfileVersion: 3, requires: true, packages });
}

/** A package that cannot be installed: what `npm ci` comes to where the registry is out of reach. */
const unobtainable = (content: Package) => ({
  'package.json': manifest(content),
  'package-lock.json': lockOf(content),
  '.npmrc': unreachable,
});

const scripts = { test: 'node --test' };
const library = { name: 'library', version: '1.0.0' };
const workspaces = ['library'];

export const nodeTest: Tool = {
  name: 'node:test',
  lacks: firstMissing('npm'),
  project: () => ({
    files: {
      'package.json': manifest({ scripts, workspaces }),
      'package-lock.json': JSON.stringify({
        ...{ name: 'shop', version: '1.0.0', lockfileVersion: 3, requires: true },
        packages: {
          ...{ '': { name: 'shop', version: '1.0.0', workspaces }, library },
          'node_modules/library': { resolved: 'library', link: true },
        },
      }),
      'library/package.json': JSON.stringify(library),
      'library/index.js': 'exports.sum = (a, b) => a + b;\n',
      'shop.test.js':
        "const { test } = require('node:test');\nconst { sum } = require('library');\ntest('adds', t => t.assert.equal(sum(1, 2), 3));\n",
      '.gitignore': 'node_modules/\n',
    },
  }),
  fails: { change: { 'library/index.js': 'exports.sum = (a, b) => a - b;\n' } },
  noTests: { files: { 'shop.test.js': null, 'index.js': '\n' } },
  noRunner: { without: ['npm'], says: /npm is not installed/ },
  noDependency: {
    files: {
      ...unobtainable({ scripts, dependencies: { [missing]: '1.0.0' } }),
      ...{ 'library/package.json': null, 'library/index.js': null },
      'shop.test.js': `require('${missing}');\n`,
    },
    says: /missing-thing is not installed/,
  },
  more: {
    'a dependency that the change names and does not lock': {
      change: { 'package.json': manifest({ scripts, workspaces, dependencies: { [missing]: '1.0.0' } }) },
      verdict: 'fail',
      says: /nothing is missing on main/,
    },
  },
  atLeisure: {
    'a package that only the change asks for': {
      change: { 'library/index.js': `require('${missing}');\n` },
      verdict: 'fail',
      says: /missing-thing is not installed; nothing is missing on main/,
    },
    'a pattern that no file is of': {
      files: { 'package.json': manifest({ scripts: { test: 'node --test "test/**/*.spec.js"' }, workspaces }) },
      verdict: 'inconclusive',
      says: /ran no tests/,
    },
    'a module of ESM that was not installed': {
      files: {
        ...unobtainable({ scripts, dependencies: { [missing]: '1.0.0' } }),
        ...{ 'library/package.json': null, 'library/index.js': null },
        'shop.test.js': null,
        'shop.test.mjs': `import '${missing}';\n`,
      },
      verdict: 'inconclusive',
      says: /missing-thing is not installed/,
    },
  },
};

export const vitest: Tool = {
  name: 'vitest',
  lacks: firstMissing('npm'),
  project: () => ({
    modules: resolve('node_modules'),
    files: {
      'package.json': manifest({ scripts: { test: 'vitest run' } }),
      'sum.js': 'export const sum = (a, b) => a + b;\n',
      'shop.test.js': `import { expect, test } from 'vitest';
import { sum } from './sum.js';
test('adds', () => expect(sum(1, 2)).toBe(3));
`,
    },
  }),
  fails: { change: { 'sum.js': 'export const sum = (a, b) => a - b;\n' } },
  noTests: { files: { 'shop.test.js': null } },
  noRunner: { modules: null, says: /vitest is not installed/ },
  noDependency: {
    files: { 'sum.js': `import '${missing}';\nexport const sum = (a, b) => a + b;\n` },
    says: /missing-thing is not installed/,
  },
  more: {
    'a file of its own that is not there': {
      change: { 'sum.js': "import './other.js';\n" },
      verdict: 'fail',
      says: /failed with exit code 1/,
    },
    'a package that only the change asks for': {
      change: { 'sum.js': `import '${missing}';\n` },
      verdict: 'fail',
      says: /failed|missing/,
    },
  },
};

/** Fetches both, with a lock file by which they are installed in checkouts. */
function fetchRunners(): void {
  const directory = fetched('javascript');
  if (existsSync(join(directory, 'package-lock.json'))) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), manifest({ scripts: {} }));
  // Fetched whole, so that what is installed later comes from npm's cache.
  const options = ['--save-dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...options, 'jest', 'mocha'], { cwd: directory, stdio: 'ignore' });
}

const readFetched = (file: string): string => readFileSync(join(fetched('javascript'), file), 'utf8');

/** One of them, with the files of its tests. */
const runner = (name: 'jest' | 'mocha', file: string, assertion: string): Tool => ({
  name,
  lacks: firstMissing('npm') ?? unlessFetched,
  fetch: fetchRunners,
  project: () => ({
    modules: join(fetched('javascript'), 'node_modules'),
    files: {
      'package.json': manifest({ scripts: { test: name } }),
      '.gitignore': 'node_modules/\n',
      'sum.js': 'exports.sum = (a, b) => a + b;\n',
      [file]: `const { sum } = require('${file.includes('/') ? '..' : '.'}/sum.js');\nit('adds', () => ${assertion});\n`,
    },
  }),
  fails: { change: { 'sum.js': 'exports.sum = (a, b) => a - b;\n' } },
  noTests: { files: { [file]: null } },
  noRunner: {
    modules: null,
    files: unobtainable({ scripts: { test: name }, devDependencies: { [name]: '1.0.0' } }),
    says: new RegExp(`${name} is not installed`),
  },
  noDependency: {
    files: { 'sum.js': `require('${missing}');\n` },
    says: /missing-thing is not installed/,
  },
});

export const mocha: Tool = {
  ...runner('mocha', 'test/shop.js', "require('node:assert').equal(sum(1, 2), 3)"),
  more: {
    'a file without any tests': {
      files: { 'test/shop.js': '\n' },
      verdict: 'inconclusive',
      says: /ran no tests/,
    },
  },
};

const jestProject = runner('jest', 'shop.test.js', 'expect(sum(1, 2)).toBe(3)');

export const jest: Tool = {
  ...jestProject,
  more: {
    'packages that are installed by a lock file': {
      modules: null,
      files: () => ({
        'package.json': JSON.stringify({ ...JSON.parse(readFetched('package.json')), scripts: { test: 'jest' } }),
        'package-lock.json': readFetched('package-lock.json'),
      }),
      verdict: 'pass',
      says: /passed/,
    },
    'a preset that was not installed': {
      files: { 'jest.config.js': "module.exports = { preset: 'missing-thing' };\n" },
      verdict: 'inconclusive',
      says: /missing-thing is not installed/,
    },
    'an environment that was not installed': {
      files: { 'jest.config.js': "module.exports = { testEnvironment: 'jsdom' };\n" },
      verdict: 'inconclusive',
      says: /jsdom is not installed/,
    },
    'a transformer that was not installed': {
      files: { 'jest.config.js': "module.exports = { transform: { '\\\\.js$': 'missing-thing' } };\n" },
      verdict: 'inconclusive',
      says: /missing-thing is not installed/,
    },
  },
};
