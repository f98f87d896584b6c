/** Finding how a repository is tested, with the real binary on real repositories. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { statOf } from '../../src/host/process-identity.ts';
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
  expect(code).toBe(1);
  expect(answer.tests).toMatchObject([
    { run: ['npm', 'test', '--silent'], cwd: '', from: ['package.json'], baseline: { verdict: 'pass' } },
    { run: ['make', 'test'], cwd: 'tools', from: ['tools/Makefile'], baseline: { verdict: 'fail', isFlaky: false } },
  ]);
  expect(answer.ci.map(({ command }: { command: string }) => command)).toEqual(['npm test', 'npm run lint']);
  const { stdout } = await place.detect();
  expect(stdout).toMatch(/✓ npm test --silent {3}node: package\.json\n {4}passes on the target/);
  expect(stdout).toMatch(/✗ make test \(in tools\)[^\n]*\n {4}fails on the target, before any change/);
  expect(stdout).toMatch(/signalbox init/);
  expect((await place.detect('--target', 'nope')).code).toBe(2);
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

test('what is there already is replaced only where that is asked for, and other settings of gates stay', async () => {
  const before =
    'projects:\n  shop:\n    repository: ./shop\n    gates: { env: [HTTPS_PROXY], tests: [{ run: [old] }] }\n';
  const place = await startShop({ 'package.json': npm('node --version') }, before);
  expect(await place.detect('--write', '--config', place.file)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/tests is there, and says otherwise: old.*--force/),
  });
  expect(readFileSync(place.file, 'utf8')).toBe(before);
  const { code, stdout } = await place.detect('--write', '--force', '--config', place.file);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('in place of old') });
  expect(place.configured().projects.shop.gates).toEqual({
    env: ['HTTPS_PROXY'],
    tests: [{ run: ['npm', 'test', '--silent'] }],
  });
});

test.each(['\n', '\r\n'])('beside other settings of gates it gets lines of its own (%j)', async end => {
  const before = ['projects:', '  shop:', '    repository: ./shop', '    gates:   # ours', '      env: [A]  # odd', ''];
  const place = await startShop({ 'package.json': npm('node --version') }, before.join(end));
  expect(await place.detect('--write', '--config', place.file)).toMatchObject({ code: 0 });
  const lines = readFileSync(place.file, 'utf8').split(end);
  expect(lines.filter(line => !/tests:|run:/.test(line))).toEqual(before);
  expect(place.configured().projects.shop.gates).toEqual({ env: ['A'], tests: [{ run: ['npm', 'test', '--silent'] }] });
});

test('JSON keeps its indentation', async () => {
  const place = await startShop({ 'package.json': npm('node --version') });
  const file = join(place.directory, 'signalbox.config.json');
  writeFileSync(file, JSON.stringify({ projects: { shop: { repository: './shop' } } }, null, 4));
  expect(await place.detect('--write', '--config', file)).toMatchObject({ code: 0 });
  const tests = [{ run: ['npm', 'test', '--silent'] }];
  const after = { projects: { shop: { repository: './shop', gates: { tests } } } };
  expect(readFileSync(file, 'utf8')).toBe(JSON.stringify(after, null, 4));
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

test('what fails today is not written, and said', async () => {
  const before = 'projects:\n  shop:\n    repository: ./shop\n';
  const place = await startShop(
    { 'package.json': npm('node --version'), 'tools/Makefile': 'test:\n\tfalse\n' },
    before,
  );
  const { code, stdout } = await place.detect('--write', '--config', place.file);
  expect(place.configured().projects.shop.gates.tests).toEqual([{ run: ['npm', 'test', '--silent'] }]);
  expect({ code, stdout }).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/not written.*make test \(in tools\)/),
  });
});

test('what could not be set up is told, also of what passes without it', async () => {
  const place = await startShop({ 'package.json': npm('node --version'), 'package-lock.json': '{' });
  const { stdout } = await place.detect();
  expect(stdout).toMatch(/passes on the target.*\n.*could not be set up: npm ci ended with exit code 1\n.*npm error/);
});

test('what is only read is not written', async () => {
  const place = await startShop(
    { 'package.json': npm('touch ../ran') },
    'projects:\n  shop:\n    repository: ./shop\n',
  );
  const said = await place.detect('--write', '--read-only', '--config', place.file);
  expect(said).toMatchObject({ code: 2, stderr: expect.stringMatching(/only read is not written/) });
});

test('of a path and another --repo neither is looked at', async () => {
  const place = await startShop({ 'package.json': npm('node --version') });
  expect(await place.detect('--repo', place.directory)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Both/),
  });
});

test('colours are those of a terminal, and nothing of the repository makes any', async () => {
  const place = await startShop({ 'package.json': npm('printf "\\\\033[31mred"; exit 1') });
  const { stdout } = await place.begin(['gates', 'detect', place.repository], { env: { FORCE_COLOR: '1' } });
  expect(stdout).toContain('\x1b[31m✗\x1b[39m npm test');
  expect(stdout).not.toContain('\x1b[31mred');
});

test('interrupted, it ends what runs and leaves nothing behind', async () => {
  const out = join(temporaryDirectory(), 'pid');
  const place = await startShop({ 'package.json': npm(`echo $$ > ${out}; exec sleep 300`) });
  const temporary = temporaryDirectory();
  const running = place.begin(['gates', 'detect', place.repository], { env: { TMPDIR: temporary } });
  await vi.waitFor(() => expect(readFileSync(out, 'utf8')).toMatch(/\d/), { timeout: 20_000 });
  running.kill('SIGINT');
  expect((await running).code).toBe(130);
  expect(statOf(Number(readFileSync(out, 'utf8')))?.state ?? 'Z').toBe('Z');
  expect(readdirSync(temporary).filter(name => name.startsWith('signalbox-detect'))).toEqual([]);
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
  expect(code).toBe(0);
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
