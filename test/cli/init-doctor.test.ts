// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables that the configuration fills in.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { formatCheck } from '../../src/cli/doctor.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Check } from '../../src/operations/doctor.ts';
import { makePlace, type Place, type Said } from './place.ts';

const versions = { claude: '9.0.0 (Claude Code)', codex: 'codex-cli 9.0.0', gemini: '9.0.0' };
const shell = dirname(execaSync('sh', ['-c', 'command -v sh']).stdout.trim());
/** Clones what lies on this machine. */
const fromHere = { env: { GIT_ALLOW_PROTOCOL: 'file' } };
const git = execaSync('sh', ['-c', 'command -v git']).stdout.trim();

/** A machine with git and these agent programs and nothing else. */
async function machine(programs: Record<string, string> = {}) {
  const place = await makePlace();
  const bin = join(place.directory, 'bin');
  mkdirSync(bin);
  for (const tool of [git, ...['sh', 'cat', 'sleep', 'env'].map(name => join(shell, name))]) {
    if (existsSync(tool)) symlinkSync(tool, join(bin, tool.slice(tool.lastIndexOf('/') + 1)));
  }
  const install = (name: string, script: string, mode = 0o755) => {
    writeFileSync(join(bin, name), `#!${shell}/sh\n${script}\n`);
    chmodSync(join(bin, name), mode);
  };
  for (const [name, version] of Object.entries(programs)) install(name, `echo "${version}"`);
  const call = (args: string[], { cwd = place.repository, env = {} as Record<string, string> } = {}): Promise<Said> =>
    place.begin(args, { cwd, env: { PATH: bin, HOME: place.directory, ...env } });
  return {
    ...place,
    bin,
    install,
    call,
    /** Writes a configuration into the repository. */
    configure: (text: string) => writeFileSync(join(place.repository, 'signalbox.config.yaml'), text),
    async doctor(options: Parameters<typeof call>[1] = {}, ...args: string[]) {
      const said = await call(['doctor', '--json', ...args], options);
      const { checks } = JSON.parse(said.stdout) as { checks: Check[] };
      const of = (name: string) => checks.filter(check => check.name === name);
      return { ...said, checks, of };
    },
  };
}

const filesOf = ({ repository }: Place) =>
  readdirSync(repository, { recursive: true, encoding: 'utf8' })
    .filter(name => !name.startsWith('.git/'))
    .sort();

test('init writes a configuration that holds, a schema, and prompts', async () => {
  const place = await machine({ codex: versions.codex, claude: versions.claude });
  const { code, stdout, stderr } = await place.call(['init']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/Found on the PATH: claude, codex\. claude plays all roles/);
  expect(stdout).toMatch(/signalbox doctor/);
  const { config, warnings } = await loadConfig({ cwd: place.repository, env: {} });
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({ agent: 'claude', worker: { total: 2 } });
  expect(config.projects).toEqual({
    shop: expect.objectContaining({
      repository: place.repository,
      target: 'main',
      prefix: 'SHOP',
      pipeline: 'default',
    }),
  });
  const text = readFileSync(join(place.repository, 'signalbox.config.yaml'), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/signalbox\.schema\.json\n/);
  // What is not installed is there to be switched on.
  expect(text).toMatch(/^ {2}claude:$/m);
  expect(text).toMatch(/^ {2}# gemini:$/m);
  expect(JSON.parse(readFileSync(join(place.repository, 'signalbox.schema.json'), 'utf8'))).toHaveProperty(
    'properties',
  );
  const prompts = fileURLToPath(new URL('../../prompts/', import.meta.url));
  for (const stage of ['analysis', 'architecture', 'development', 'review', 'testing', 'deploy']) {
    const own = readFileSync(join(place.repository, '.signalbox', 'prompts', `${stage}.md`), 'utf8');
    const [whence, ...rest] = own.split('\n');
    expect(rest.join('\n')).toBe(readFileSync(join(prompts, `${stage}.md`), 'utf8'));
    // Whoever reads the copy is told how to see what comes later.
    expect(whence).toContain(`signalbox prompt render ${stage}`);
  }
});

test('everything that init comments out holds as well once it is switched on', async () => {
  const place = await machine({ claude: versions.claude });
  await place.call(['init']);
  const file = join(place.repository, 'signalbox.config.yaml');
  const text = readFileSync(file, 'utf8');
  // Every line of the form `# field:`; the sentences stay comments.
  const switchedOn = text.replace(/^( *)# ( *)(?=[a-zA-Z]+:(?: |$))/gm, '$1$2').replace(/^ *- .*/gm, '');
  writeFileSync(join(place.repository, 'pipeline.yaml'), '');
  writeFileSync(file, switchedOn.replace(/^yaml-language-server.*\n/, ''));
  const env = { GITEA_TOKEN: 'a'.repeat(40), GITEA_WEBHOOK_SECRET: 'b'.repeat(64) };
  const { config } = await loadConfig({ cwd: place.repository, env });
  expect(config.projects.shop).toMatchObject({ forge: 'home', remote: 'acme/shop' });
  expect(config.roles).toEqual({ reviewer: 'codex' });
  expect(config.budget.run).toMatchObject({ moneyUsd: 5 });
  expect(config.projects.shop).toMatchObject({
    setUp: [{ steps: [['npm', 'ci']] }],
    tests: [{ run: ['npm', 'test'] }],
  });
});

test('init twice overwrites nothing, and says what exists; --force does', async () => {
  const place = await machine();
  await place.call(['init']);
  const file = join(place.repository, 'signalbox.config.yaml');
  writeFileSync(file, 'priority: 3\n');
  const before = filesOf(place);
  const { code, stderr, stdout } = await place.call(['init']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /signalbox\.config\.yaml[\s\S]*signalbox\.schema\.json[\s\S]*prompts\/review\.md[\s\S]*--force/,
  );
  expect(readFileSync(file, 'utf8')).toBe('priority: 3\n');
  expect(filesOf(place)).toEqual(before);
  expect((await place.call(['init', '--force'])).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('projects:');
});

test('init beside a configuration of another kind would contradict it, also with --force', async () => {
  const place = await machine();
  writeFileSync(join(place.repository, 'signalbox.config.ts'), 'export default {};');
  const before = filesOf(place);
  const { code, stderr } = await place.call(['init', '--force']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/signalbox\.config\.ts/);
  expect(filesOf(place)).toEqual(before);
});

test('init outside a git repository, or in a bare one, is refused with the remedy', async () => {
  const place = await machine();
  const bare = join(place.directory, 'bare.git');
  await place.git(['clone', '--quiet', '--bare', '.', bare], fromHere);
  for (const cwd of [place.directory, bare]) {
    const { code, stderr } = await place.call(['init'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/not in a git repository.*git init/);
  }
  expect(existsSync(join(place.directory, 'signalbox.config.yaml'))).toBe(false);
});

test('init in a folder of a repository writes at its root; on no branch and with a strange name it holds too', async () => {
  const place = await machine();
  const odd = join(place.directory, '12 "ödd": #name');
  await place.git(['clone', '--quiet', '.', odd], fromHere);
  await gitIn(odd)(['checkout', '--quiet', '--detach']);
  mkdirSync(join(odd, 'deep'));
  const { code, stdout, stderr } = await place.call(['init'], { cwd: join(odd, 'deep') });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('../signalbox.config.yaml');
  const { config } = await loadConfig({ cwd: odd, env: {} });
  expect(Object.values(config.projects)).toEqual([expect.objectContaining({ repository: odd, target: null })]);
});

test('init in a repository on a branch with a strange name holds', async () => {
  const place = await machine();
  await place.git(['checkout', '--quiet', '-b', 'feature/"x"#1']);
  expect((await place.call(['init'])).code).toBe(0);
  const { config } = await loadConfig({ cwd: place.repository, env: {} });
  expect(config.projects.shop?.target).toBe('feature/"x"#1');
});

test('on a bare machine doctor says what is there, and that an agent is missing', async () => {
  const place = await machine();
  const { code, checks, of } = await place.doctor({ cwd: place.directory });
  expect(code).toBe(0);
  expect(of('configuration')).toEqual([expect.objectContaining({ status: 'info' })]);
  expect(of('node')[0]?.status).toBe('ok');
  expect(of('git')[0]).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^\d+\.\d+/) });
  expect(of('database')[0]?.status).toBe('info');
  expect(of('agent claude')).toEqual([{ name: 'agent claude', status: 'info', detail: 'claude is not installed' }]);
  expect(of('agents')[0]).toMatchObject({ status: 'warning', remedy: expect.stringMatching(/install one/) });
  expect(checks.every(({ status }) => status !== 'error')).toBe(true);
  // Looking leaves nothing behind.
  expect(existsSync(place.data)).toBe(false);
});

test('agent programs that are found are asked for their versions', async () => {
  const place = await machine({ claude: versions.claude, codex: 'codex-cli 0.0.1' });
  place.install('gemini', 'echo "broken" >&2; exit 7');
  const { code, of } = await place.doctor({ cwd: place.directory });
  expect(code).toBe(0);
  expect(of('agent claude')).toEqual([{ name: 'agent claude', status: 'ok', detail: 'claude 9.0.0' }]);
  expect(of('agent codex')[0]).toMatchObject({
    status: 'warning',
    detail: expect.stringMatching(/older than/),
    remedy: 'update it',
  });
  expect(of('agent gemini')[0]).toMatchObject({ status: 'warning', detail: expect.stringMatching(/code 7: broken/) });
  expect(of('agents')).toEqual([]);
});

test('after init everything is ready, but for what is not committed', async () => {
  const place = await machine({ claude: versions.claude });
  await place.call(['init']);
  await place.git(['add', '--all']);
  await place.git(['commit', '--quiet', '-m', 'Configure Signalbox']);
  const { code, stdout } = await place.call(['doctor']);
  expect(stdout).toMatch(/✓ agent claude: claude 9\.0\.0/);
  expect(stdout).toMatch(/✓ project shop: .*target main/);
  expect(stdout).toMatch(/✓ project shop: pipeline default holds/);
  expect(stdout).toMatch(/\nReady\.\n$/);
  expect(code).toBe(0);
});

test('what is configured and missing is an error with its remedy', async () => {
  const place = await machine({ claude: versions.claude });
  place.install('slow', 'sleep 100');
  place.install('locked', 'echo', 0o644);
  place.configure(`
preflight: { timeLimit: 500ms }
host: { minFreeDisk: 900TB }
agents:
  opus: { kind: claude, env: [ANTHROPIC_API_KEY], set: { URL: "\${GATEWAY}" } }
  slow: { kind: claude, program: slow }
  locked: { kind: command, program: ${place.bin}/locked }
  gone: { kind: codex }
roles: { reviewr: opus }
projects:
  shop: { repository: ., target: mian }
  nowhere: { repository: ../nowhere, pipeline: ./broken.yaml }
`);
  writeFileSync(join(place.repository, 'broken.yaml'), 'name: 7\n');
  const { code, of } = await place.doctor();
  expect(code).toBe(1);
  expect(of('agent opus').map(({ status, detail }) => [status, detail])).toEqual([
    ['error', expect.stringMatching(/sets URL from GATEWAY, which is not set/)],
    ['warning', expect.stringMatching(/ANTHROPIC_API_KEY is not set/)],
    ['warning', expect.stringMatching(/GATEWAY is not set/)],
  ]);
  expect(of('agent slow')[0]).toMatchObject({ status: 'error', detail: expect.stringMatching(/500ms/) });
  expect(of('agent locked')[0]).toMatchObject({ status: 'error', remedy: expect.stringMatching(/chmod \+x/) });
  expect(of('agent gone')[0]).toMatchObject({
    status: 'error',
    detail: expect.stringMatching(/"codex" was not found/),
  });
  expect(of('agent gemini')).toEqual([]);
  expect(of('disk')[0]).toMatchObject({ status: 'error', remedy: expect.stringMatching(/make room/) });
  expect(of('project shop')[0]).toMatchObject({ status: 'error', detail: expect.stringMatching(/"mian".*main/) });
  expect(of('project shop').at(-1)).toMatchObject({ status: 'warning', remedy: expect.stringMatching(/reviewer/) });
  expect(of('project nowhere').map(({ status }) => status)).toEqual(['error', 'error']);
  expect(of('project nowhere')[1]?.detail).toMatch(/broken\.yaml:1: name/);
});

test('with a broken configuration every problem is said, and the rest is looked at all the same', async () => {
  const place = await machine();
  place.configure('worker:\n  totl: 1\nagent: ${NOPE}\n');
  const { code, of } = await place.doctor();
  expect(code).toBe(1);
  expect(of('configuration').map(({ status, detail }) => [status, detail])).toEqual([
    ['error', expect.stringMatching(/signalbox\.config\.yaml:3: agent: .*NOPE is not set/)],
    ['error', expect.stringMatching(/signalbox\.config\.yaml:2: worker: .*"totl".*"total"/)],
    ['info', expect.stringMatching(/once the configuration loads/)],
  ]);
  expect(of('git')[0]?.status).toBe('ok');
  const { code: human, stdout } = await place.call(['doctor']);
  expect(human).toBe(1);
  expect(stdout).toMatch(/✗ configuration: signalbox\.config\.yaml:2: worker/);
  expect(stdout).toMatch(/\n2 problems, 0 warnings\.\n$/);
});

test('a configuration that is asked for and not there is an error', async () => {
  const place = await machine();
  const { code, of } = await place.doctor({}, '--config', 'no-such.yaml');
  expect(code).toBe(1);
  expect(of('configuration')[0]).toMatchObject({ status: 'error', detail: expect.stringMatching(/no-such\.yaml/) });
});

test('the database is looked at beside the process that has it, and damage is found', async () => {
  const place = await machine();
  await place.signalbox('task', 'add', ...place.newTask().slice(1));
  const { of } = await place.doctor();
  expect(of('database')[0]).toMatchObject({ status: 'ok', detail: expect.stringMatching(/1 task; no process has it/) });
  writeFileSync(join(place.data, 'signalbox.db'), 'This is no database at all.\n'.repeat(100));
  const { code, of: after } = await place.doctor();
  expect(code).toBe(1);
  expect(after('database')[0]).toMatchObject({
    status: 'error',
    detail: expect.stringMatching(/no Signalbox database|damaged/),
  });
});

test('a data directory that cannot be one is an error', async () => {
  const place = await machine();
  const { code, of } = await place.doctor({}, '--data', join(place.repository, 'total.sh'));
  expect(code).toBe(1);
  expect(of('data directory')[0]).toMatchObject({ status: 'error', remedy: expect.stringMatching(/--data/) });
});

test('how a project is tested is told, and changes of its target that nobody has committed: somebody is at work', async () => {
  const place = await machine({ claude: versions.claude });
  place.configure('agents: { claude: {} }\nprojects: { shop: { repository: . } }');
  writeFileSync(join(place.repository, 'total.sh'), 'half a thought\n');
  const { code, of } = await place.doctor();
  expect(code).toBe(0);
  expect(of('project shop')).toContainEqual(
    expect.objectContaining({ status: 'info', detail: expect.stringMatching(/^tests: \S+/) }),
  );
  expect(of('project shop')).toContainEqual(
    expect.objectContaining({
      status: 'info',
      detail: expect.stringMatching(/changes that are not committed.*total\.sh/),
    }),
  );
});

test('doctor on a machine without git says so', async () => {
  const place = await machine();
  const { code, of } = await place.doctor({ env: { PATH: join(place.directory, 'nothing') } });
  expect(code).toBe(1);
  expect(of('git')[0]).toMatchObject({ status: 'error', remedy: expect.stringMatching(/install git/) });
});

test('a narrow terminal wraps, and loses nothing', () => {
  const check: Check = {
    name: 'agent opus',
    status: 'error',
    detail: 'the program "claude" was not found: it is not on the PATH',
    remedy: 'install it, or give its place /a/very/long/path/that/does/not/fit/into/any/line/at/all as `program`',
  };
  const narrow = formatCheck(check, 40);
  expect(narrow.split('\n').every(line => line.length <= 40)).toBe(true);
  expect(narrow.replace(/\s+/g, '')).toBe(formatCheck(check, Number.POSITIVE_INFINITY).replace(/\s+/g, ''));
  expect(formatCheck(check, Number.POSITIVE_INFINITY).split('\n')).toHaveLength(2);
});

test('config check says what is wrong, or that all is well', async () => {
  const place = await machine();
  expect(await place.call(['config', 'check'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/defaults hold/),
  });
  place.configure('priority: 30');
  const { code, stderr } = await place.call(['config', 'check']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/signalbox\.config\.yaml:1: priority: write a whole number/);
  const wrong = await place.call(['config', 'check', '--json']);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ errors: [{ path: 'priority', line: 1 }] });
  const other = join(place.directory, 'other.yaml');
  writeFileSync(other, 'agents: { a: { kind: claude, set: { X: "${NOPE}" } } }');
  expect(await place.call(['config', 'check', other])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/NOPE is not set/),
  });
});

test('config schema prints the JSON Schema', async () => {
  const place = await machine();
  expect(JSON.parse((await place.call(['config', 'schema'])).stdout)).toMatchObject({
    title: 'signalbox.config',
    type: 'object',
  });
});

test('config show prints what is in force and no value of the environment', async () => {
  const place = await machine();
  place.configure(`
data: "\${STATE}"
worker: { ageing: 90m }
agents:
  opus:
    kind: claude
    env: [ANTHROPIC_API_KEY]
    set: { ANTHROPIC_API_KEY: "\${SECRET}", OPENAI_API_KEY: sk-literal }
projects:
  shop: { repository: "../\${SECRET}/shop" }
`);
  const secrets = { SECRET: 'sk-very-secret', STATE: '/srv/hidden-place', ANTHROPIC_API_KEY: 'sk-other' };
  for (const args of [
    ['config', 'show'],
    ['config', 'show', '--json'],
  ]) {
    const { code, stdout, stderr } = await place.call(args, { env: secrets });
    expect(code, stderr).toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(/very-secret|sk-other|hidden-place|sk-literal/);
    expect(stdout).toContain('${SECRET}/shop');
  }
  const { stdout } = await place.call(['config', 'show'], { env: secrets });
  expect(stdout).toMatch(/ageing: 1h30m/);
  expect(stdout).toMatch(/minFreeDisk: 1GB/);
  const { checks, stderr } = await place.doctor({ env: { ...secrets, SIGNALBOX_DATA: place.data } });
  expect(`${JSON.stringify(checks.filter(({ name }) => name.startsWith('agent')))}${stderr}`).not.toMatch(/secret|sk-/);
});
