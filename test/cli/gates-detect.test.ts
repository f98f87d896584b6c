/** Finding how a repository is tested, with the real binary on real repositories. */
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryDirectory } from '../support/temporary.ts';
import { makePlace } from './place.ts';

/** A repository with these files on `main`, and a configuration that has it as its project. */
async function startShop(files: Record<string, string>, configuration = '') {
  const place = await makePlace();
  // What the repository brings decides, and nothing else does.
  await place.git(['rm', '-rq', '.']);
  for (const [file, text] of Object.entries(files)) {
    const path = join(place.repository, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  await place.git(['add', '--all']);
  await place.git(['commit', '--quiet', '--allow-empty', '-m', 'Add files']);
  const file = join(place.directory, 'signalbox.config.yaml');
  if (configuration !== '') writeFileSync(file, configuration);
  const detect = async (...args: string[]) => {
    const said = await place.signalbox('gates', 'detect', place.repository, ...args);
    return { ...said, answer: args.includes('--json') && said.stdout !== '' ? JSON.parse(said.stdout) : undefined };
  };
  return { ...place, file, detect, configured: () => parse(readFileSync(file, 'utf8')) };
}

const npm = (script: string) => JSON.stringify({ name: 'shop', version: '1.0.0', scripts: { test: script } });

test('what is found is tried on the target, with what says so and what CI runs beside it', async () => {
  const place = await startShop({
    'package.json': npm('node --version'),
    'tools/Makefile': 'test:\n\tfalse\n',
    '.github/workflows/ci.yml':
      'jobs:\n  a:\n    steps:\n      - run: npm ci\n      - run: |\n          npm test\n          npm run lint\n',
  });
  const { code, answer } = await place.detect('--json');
  expect(code).toBe(0);
  expect(answer.tests).toMatchObject([
    { run: ['npm', 'test', '--silent'], cwd: '', from: ['package.json'], baseline: { verdict: 'pass' } },
    { run: ['make', 'test'], cwd: 'tools', from: ['tools/Makefile'], baseline: { verdict: 'fail', isFlaky: false } },
  ]);
  expect(answer.ci.map(({ command }: { command: string }) => command)).toEqual(['npm test', 'npm run lint']);
  const { stdout } = await place.detect();
  expect(stdout).toMatch(/✓ npm test --silent {3}node: package\.json\n {4}passes on the target/);
  expect(stdout).toMatch(/✗ make test \(in tools\)[^\n]*\n {4}fails on the target, before any change/);
  expect(stdout).toMatch(/signalbox init/);
});

test('it is written into the configuration, and every other line stays as it is', async () => {
  const before =
    'projects:\n  # ours\n  shop:\n    repository: ./shop   # here\n    target: main  # the branch\nagent: claude # best\n';
  const place = await startShop({ 'package.json': npm('node --version') }, before);
  const { code, stdout } = await place.detect('--write', '--config', place.file);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(place.file) });
  const lines = readFileSync(place.file, 'utf8').split('\n');
  expect(lines.filter(line => !/gates:|tests:|run:/.test(line))).toEqual(before.split('\n'));
  expect(place.configured().projects.shop.gates.tests).toEqual([{ run: ['npm', 'test', '--silent'] }]);
  const after = readFileSync(place.file, 'utf8');
  await place.detect('--write', '--config', place.file);
  expect(readFileSync(place.file, 'utf8')).toBe(after);
});

test('what is there already is replaced, and other settings of gates stay', async () => {
  const before =
    'projects:\n  shop:\n    repository: ./shop\n    gates: { env: [HTTPS_PROXY], tests: [{ run: [old] }] }\n';
  const place = await startShop({ 'package.json': npm('node --version') }, before);
  await place.detect('--write', '--config', place.file);
  expect(place.configured().projects.shop.gates).toEqual({
    env: ['HTTPS_PROXY'],
    tests: [{ run: ['npm', 'test', '--silent'] }],
  });
});

test('JSON stays JSON, a link stays one, and who may read it stays', async () => {
  const place = await startShop({ 'package.json': npm('node --version') });
  const [real, file] = [join(place.directory, 'real.json'), join(place.directory, 'signalbox.config.json')];
  writeFileSync(real, '{"projects":{"shop":{"repository":"./shop"}}}', { mode: 0o600 });
  symlinkSync(real, file);
  expect(await place.detect('--write', '--config', file)).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(real, 'utf8')).projects.shop.gates.tests).toEqual([
    { run: ['npm', 'test', '--silent'] },
  ]);
  expect([lstatSync(file).isSymbolicLink(), statSync(real).mode & 0o777]).toEqual([true, 0o600]);
});

test('what fails today is not written', async () => {
  const before = 'projects:\n  shop:\n    repository: ./shop\n';
  const place = await startShop(
    { 'package.json': npm('node --version'), 'tools/Makefile': 'test:\n\tfalse\n' },
    before,
  );
  await place.detect('--write', '--config', place.file);
  expect(place.configured().projects.shop.gates.tests).toEqual([{ run: ['npm', 'test', '--silent'] }]);
});

test('what cannot be run here is not written, and said', async () => {
  const before = 'projects:\n  shop:\n    repository: ./shop\n';
  const place = await startShop({ 'package.json': npm('no-such-runner-4711') }, before);
  const { code, answer } = await place.detect('--write', '--json', '--config', place.file);
  expect(code).toBe(1);
  expect(answer).toMatchObject({
    written: null,
    tests: [{ baseline: { verdict: 'inconclusive', isOfMachine: true } }],
  });
  expect(readFileSync(place.file, 'utf8')).toBe(before);
});

test('a test that passes only now and then is called flaky', async () => {
  const seen = join(temporaryDirectory(), 'seen');
  const place = await startShop({
    'package.json': npm('sh flaky.sh'),
    'flaky.sh': `test -e ${seen} || { touch ${seen}; exit 1; }\n`,
  });
  const { answer } = await place.detect('--json');
  expect(answer.tests).toMatchObject([{ baseline: { verdict: 'fail', isFlaky: true } }]);
});

test('nothing is run when it is only to be read, and nothing is left behind', async () => {
  const place = await startShop({ 'package.json': npm('touch ../ran') });
  const { code, answer } = await place.detect('--json', '--read-only');
  expect(code).toBe(1);
  expect(answer.tests).toMatchObject([{ baseline: null }]);
  expect(existsSync(place.data)).toBe(false);
});

test('without a place to write nothing is run, and the remedy is named', async () => {
  const place = await startShop({ 'package.json': npm('touch ../ran') });
  expect(await place.detect('--write')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no configuration.*init/),
  });
  expect(existsSync(join(place.directory, 'ran'))).toBe(false);
});

test('a repository that says nothing of tests is told so', async () => {
  const place = await startShop({ 'readme.md': 'nothing' });
  expect(await place.detect()).toMatchObject({ code: 1, stdout: expect.stringMatching(/nothing was found/) });
});
