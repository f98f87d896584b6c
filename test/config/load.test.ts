// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables that the configuration fills in.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findConfig } from '../../src/config/find.ts';
import { noSandbox } from '../../src/domain/agent-spec.ts';
import { noBudget } from '../../src/domain/budget.ts';
import { noHooks } from '../../src/domain/hook.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';
import { configPlace, yamlPlace } from './files.ts';

const whole = `
data: ./state
worker:
  total: 4
  perProvider: 3
  ageing: 10m
  projects: { shop: 1 }
  stages: { deploy: 1 }
  agents: { opus: 2 }
  providers: { anthropic-team: 2 }
host: { minFreeDisk: 2GB, minFreeMemory: 256MB }
breaker: { failureLimit: 5, cooldown: 1m }
preflight: { cache: 1m, timeLimit: 20s }
retention: { endedAfter: 90d }
agents:
  opus:
    kind: claude
    model: opus
    provider: anthropic-team
    env: [ANTHROPIC_API_KEY]
    set: { ANTHROPIC_BASE_URL: "\${TEAM_GATEWAY}" }
    args: [--verbose]
    maxTurns: 200
    sandbox:
      driver: bubblewrap
      network: true
      mounts: [{ path: ~/.claude, write: true }, { path: /opt/tools }]
    watch: { silence: off, noProgress: 30m }
  codex: {}
  scripted: { kind: command, program: "sh ./agent.sh --fast" }
  boxed: { kind: claude, sandbox: { driver: docker, image: agents:1, network: false, cpus: 0.5, memory: 4GB } }
serve:
  host: 0.0.0.0
  port: 9000
  publicUrl: https://signalbox.example.org
  tokens: { ci: { role: operator, sha256: ${'ab'.repeat(32)} } }
  cors: [https://board.example.org/]
  requestsPerMinute: off
  trustProxy: 1
agent: opus
roles: { reviewer: codex }
pipeline: ./pipeline.yaml
priority: 4
budget:
  day: { tokens: 5M, money: 20, time: 8h, sessions: 40 }
  run: { money: 5 }
projects:
  shop:
    repository: ../shop
    target: main
    prefix: ET
    roles: { tester: scripted }
    budget: { total: { money: 100 }, run: { money: 9, time: 1h } }
    hooks: { afterCreate: { run: [npm, ci] }, beforeRun: { run: ["true"], timeLimit: 30s } }
  web-site: { repository: /srv/web, pipeline: default, agent: codex, priority: 9 }
prices:
  - { pattern: my-model, window: 200k, input: 3, output: 15 }
  - { pattern: other, window: 32000 }
`;

test('everything that is written arrives, and nothing else', async () => {
  const place = configPlace({ 'signalbox.config.yaml': whole, 'pipeline.yaml': '', 'agent.sh': '' });
  const { config, file, warnings } = await place.load({ TEAM_GATEWAY: 'https://gateway' });
  const at = (path: string) => join(place.directory, path);
  expect(file).toBe(at('signalbox.config.yaml'));
  expect(warnings).toEqual([
    expect.stringMatching(/agents\.codex: budgets of money count it only if .* has a price: name its `model`/),
    expect.stringMatching(/agents\.scripted: budgets of tokens and money do not count it: its program does not say/),
  ]);
  const { agents, projects, forges, trackers, chats, people, routines, abilities, ...rest } = config;
  expect([forges, trackers, chats, people, routines, abilities]).toEqual([{}, {}, {}, {}, {}, {}]);
  expect(rest).toEqual({
    ...{ notify: [], reader: null, language: 'en', texts: null },
    dataDir: at('state'),
    worker: {
      total: 4,
      perProject: 4,
      perStage: 4,
      perAgent: 4,
      perProvider: 3,
      ageingMs: 600_000,
      projects: { shop: 1 },
      stages: { deploy: 1 },
      agents: { opus: 2 },
      providers: { 'anthropic-team': 2 },
    },
    host: { minFreeDiskBytes: 2 * 1024 ** 3, minFreeMemoryBytes: 256 * 1024 ** 2 },
    breaker: { failureLimit: 5, cooldownMs: 60_000 },
    preflight: { cacheMs: 60_000, timeLimitMs: 20_000 },
    serve: {
      host: '0.0.0.0',
      port: 9_000,
      publicUrl: 'https://signalbox.example.org',
      tokens: { ci: { role: 'operator', sha256: 'ab'.repeat(32) } },
      origins: ['https://board.example.org'],
      requestsPerMinute: null,
      trustProxy: 1,
    },
    retention: { endedAfterMs: 90 * 86_400_000 },
    agent: 'opus',
    roles: { reviewer: 'codex' },
    pipeline: at('pipeline.yaml'),
    priority: 4,
    budget: {
      day: { tokens: 5_000_000, moneyUsd: 20, timeMs: 28_800_000, sessions: 40 },
      run: { ...noBudget, moneyUsd: 5 },
    },
    prices: [
      { pattern: 'my-model', windowTokens: 200_000, price: { input: 3, cachedInput: 3, cacheWrite: 3, output: 15 } },
      { pattern: 'other', windowTokens: 32_000, price: null },
    ],
  });
  expect(agents.opus).toEqual({
    name: 'opus',
    kind: 'claude',
    provider: 'anthropic-team',
    program: ['claude'],
    model: 'opus',
    env: ['ANTHROPIC_API_KEY'],
    set: { ANTHROPIC_BASE_URL: '${TEAM_GATEWAY}' },
    args: ['--verbose'],
    maxTurns: 200,
    sandbox: {
      driver: 'bubblewrap',
      network: true,
      mounts: [
        { path: '/home/ann/.claude', isWritable: true },
        { path: '/opt/tools', isWritable: false },
      ],
      image: null,
      cpus: null,
      memoryMb: null,
    },
    watch: { silenceMs: null, noProgressMs: 1_800_000 },
    canResume: true,
  });
  expect(agents.scripted).toMatchObject({
    program: ['sh', at('agent.sh'), '--fast'],
    // A program that is not known shares no account with others, and gives no signs.
    provider: 'scripted',
    watch: { silenceMs: null, noProgressMs: null },
  });
  expect(agents.boxed?.sandbox).toEqual({
    driver: 'docker',
    network: false,
    mounts: [],
    image: 'agents:1',
    cpus: 0.5,
    memoryMb: 4_096,
  });
  expect(projects.shop).toEqual({
    name: 'shop',
    ...{ forge: null, remote: null, sources: [], people: null },
    repository: join(place.directory, '..', 'shop'),
    target: 'main',
    prefix: 'ET',
    pipeline: at('pipeline.yaml'),
    agent: 'opus',
    roles: { reviewer: 'codex', tester: 'scripted' },
    priority: 4,
    budget: {
      total: { ...noBudget, moneyUsd: 100 },
      day: noBudget,
      // The tighter of the two counts in each measure.
      run: { ...noBudget, moneyUsd: 5, timeMs: 3_600_000 },
    },
    hooks: {
      ...noHooks,
      afterCreate: { run: ['npm', 'ci'], timeLimitMs: 300_000 },
      beforeRun: { run: ['true'], timeLimitMs: 30_000 },
    },
    setUp: 'none',
    gateEnv: [],
    tests: [],
    wantsBaseline: true,
  });
  expect(projects['web-site']).toMatchObject({ agent: 'codex', priority: 9, prefix: 'WS', pipeline: 'default' });
});

test('without a file all defaults hold, and the built-in agents are there', async () => {
  const place = configPlace();
  const { config, file, warnings } = await place.load();
  expect({ file, warnings }).toEqual({ file: null, warnings: [] });
  expect(config.worker).toMatchObject({ total: 2, perProject: 2, perStage: 2, perAgent: 2, perProvider: 2 });
  expect(Object.keys(config.agents)).toEqual(['claude', 'codex', 'gemini', 'opencode', 'aider']);
  expect(config.agents.claude).toEqual({
    name: 'claude',
    kind: 'claude',
    provider: agentClis.claude.provider,
    program: ['claude'],
    model: null,
    env: [],
    set: {},
    args: [],
    maxTurns: null,
    sandbox: noSandbox,
    watch: { silenceMs: agentClis.claude.silenceLimitMs, noProgressMs: 1_200_000 },
    canResume: agentClis.claude.canResume,
  });
  expect(config.agent).toBe('claude');
  expect(config.dataDir).toBe(join(place.directory, '.signalbox'));
});

test.each(['', '# nothing yet\n', 'projects:\nagents:\n  # claude: {}\nworker:\n', '{}'])(
  'a file in which nothing is written yet holds (%j)',
  async text => {
    expect((await yamlPlace(text).load()).config.agent).toBe('claude');
  },
);

test('the agent for all is the first that was named, unless said otherwise', async () => {
  expect((await yamlPlace('agents: { opus: { kind: claude }, codex: {} }').load()).config.agent).toBe('opus');
});

test.each([
  ['signalbox.config.json', '{ "$schema": "./signalbox.schema.json", "priority": 3 }'],
  ['signalbox.config.yml', 'priority: 3'],
  ['signalbox.config.mjs', 'export default { priority: 3 };'],
  ['signalbox.config.ts', 'const priority: number = 3;\nexport const config = { priority };'],
])('%s is read', async (name, text) => {
  const place = configPlace({ [name]: text });
  expect(findConfig(place.directory)).toBe(join(place.directory, name));
  expect((await place.load()).config.priority).toBe(3);
});

test('what is asked for wins over what lies there, and is relative to where one stands', async () => {
  const place = configPlace({ 'signalbox.config.yaml': 'priority: 3', 'team/other.yaml': 'priority: 4\ndata: state' });
  const { config, file } = await place.load({}, 'team/other.yaml');
  expect(config).toMatchObject({ priority: 4, dataDir: join(place.directory, 'team', 'state') });
  expect(file).toBe(join(place.directory, 'team', 'other.yaml'));
});

test('two configurations in one place are refused, with both names', async () => {
  const place = configPlace({ 'signalbox.config.yaml': '', 'signalbox.config.ts': '' });
  const { code, message } = await place.refusal();
  expect(code).toBe('invalid');
  expect(message).toMatch(/signalbox\.config\.yaml and signalbox\.config\.ts/);
  expect(message).toMatch(/Remove all but one/);
});

test('a file that was asked for and is not there, or is something else, is refused', async () => {
  const place = configPlace({
    'config.toml': '',
    'broken.ts': 'export default {',
    'thrower.mjs': 'throw new Error("no");',
  });
  expect((await place.refusal({}, 'missing.yaml')).message).toMatch(/no file "missing\.yaml"/);
  expect((await place.refusal({}, '.')).message).toMatch(/directory/);
  expect((await place.refusal({}, 'config.toml')).message).toMatch(/config\.toml: .*\.yaml/);
  expect((await place.refusal({}, 'broken.ts')).message).toMatch(/broken\.ts cannot be loaded/);
  expect((await place.refusal({}, 'thrower.mjs')).message).toMatch(/thrower\.mjs cannot be loaded: no/);
});

/** What is written, and what is said of it: the line, the field, the remedy. */
const mistakes: [string, string, RegExp][] = [
  ['an unknown field', 'worker:\n  totl: 3', /yaml:2: worker: .*"totl".*did you mean "total"\?/],
  ['an unknown field at the top', 'data: x\nprojcts: {}', /yaml:2: .*"projcts".*did you mean "projects"\?/],
  ['an unknown field of an agent', 'agents:\n  a:\n    kind: claude\n    modle: x', /yaml:4: agents\.a: .*"model"/],
  ['a field twice', 'priority: 1\npriority: 2', /yaml:2: .*unique/],
  ['no YAML', 'worker: {total: 2\nhost: [', /yaml:\d: /],
  ['a variable without quotes in braces', 'agents: { a: { kind: ${KIND} } }', /yaml:1: .*put it in quotes/],
  ['a list for an object', 'projects:\n  - shop', /yaml:1: projects: write an object; this is a list/],
  ['text for the whole', 'hello', /yaml:1: write an object; this is text/],
  ['zero agents', 'worker:\n  total: 0', /yaml:2: worker\.total: write a whole number from 1/],
  ['half an agent', 'worker: { perStage: 1.5 }', /yaml:1: worker\.perStage: write a whole number/],
  ['a negative limit', 'worker: { projects: { shop: -1 } }', /worker\.projects\.shop: write a whole number/],
  ['a number in words', 'worker: { total: two }', /worker\.total: write a whole number/],
  ['no duration', 'worker:\n  ageing: soon', /yaml:2: worker\.ageing: .*30s, 5m or 1h30m/],
  ['a duration of nothing', 'breaker: { cooldown: 0s }', /breaker\.cooldown: .*longer than zero/],
  ['no size', 'host:\n  minFreeDisk: lots', /yaml:2: host\.minFreeDisk: .*512MB or 4GB/],
  ['an unknown kind', 'agents:\n  a:\n    kind: clade', /yaml:3: agents\.a\.kind: .*did you mean claude\?/],
  ['no kind', 'agents:\n  a: { model: x }', /yaml:2: agents\.a: say which `kind`/],
  ['no program', 'agents:\n  a: { kind: command }', /yaml:2: agents\.a: .*needs a `program`/],
  ['an empty program', 'agents: { a: { kind: command, program: [] } }', /agents\.a\.program: .*program/],
  ['a bad agent name', 'agents:\n  "a b": { kind: claude }', /yaml:2: agents\.a b: .*letters, digits/],
  ['a bad project name', 'projects:\n  ../x: { repository: . }', /yaml:2: projects\.\.\.\/x: .*letters, digits/],
  ['a bad role', 'roles:\n  Code Reviewer: claude', /yaml:2: roles\.Code Reviewer: .*small letter/],
  ['a value for a variable name', 'agents: { a: { kind: claude, env: [A=B] } }', /agents\.a\.env\.0: .*not its value/],
  ['a number in set', 'agents: { a: { kind: claude, set: { PORT: 1 } } }', /agents\.a\.set\.PORT: .*quotes/],
  ['nothing in set', 'agents: { a: { kind: claude, set: { PORT: } } }', /agents\.a\.set\.PORT: .*text/],
  ['a bad name in set', 'agents: { a: { kind: claude, set: { "A B": x } } }', /agents\.a\.set\.A B: .*variable/],
  ['an unknown driver', 'agents: { a: { kind: claude, sandbox: { driver: podman } } }', /driver: .*bubblewrap, docker/],
  ['docker without image', 'agents:\n  a:\n    kind: claude\n    sandbox: { driver: docker }', /yaml:4: .*`image`/],
  [
    'a relative mount',
    'agents: { a: { kind: claude, sandbox: { mounts: [{ path: x }] } } }',
    /mounts\.0\.path: .*absolute/,
  ],
  ['a mount as text', 'agents: { a: { kind: claude, sandbox: { mounts: [/x] } } }', /mounts\.0: write an object/],
  [
    'memory without docker',
    'agents: { a: { kind: claude, sandbox: { driver: bubblewrap, memory: 4GB } } }',
    /sandbox\.memory: .*docker/,
  ],
  [
    'no network without a sandbox',
    'agents: { a: { kind: claude, sandbox: { network: false } } }',
    /sandbox\.network: .*bubblewrap/,
  ],
  ['no processors', 'agents: { a: { kind: claude, sandbox: { cpus: 0 } } }', /sandbox\.cpus: .*above zero/],
  [
    'neither yes nor no',
    'agents: { a: { kind: claude, sandbox: { network: maybe } } }',
    /network: write true or false/,
  ],
  ['never for off', 'agents: { a: { kind: claude, watch: { silence: never } } }', /watch\.silence: .*or off/],
  ['an unknown agent', 'agent: cluade', /yaml:1: agent: there is no agent "cluade"; did you mean claude/],
  ['an unknown agent for a role', 'roles:\n  reviewer: codx', /yaml:2: roles\.reviewer: .*"codx".*codex/],
  [
    'an unknown agent in a project',
    'projects:\n  shop:\n    repository: .\n    agent: codx\n    roles: { tester: gemni }',
    /yaml:4: projects\.shop\.agent: .*codex[\s\S]*yaml:5: projects\.shop\.roles\.tester: .*gemini/,
  ],
  ['a limit for an unknown agent', 'worker: { agents: { opsu: 1 } }', /worker\.agents\.opsu: there is no agent "opsu"/],
  [
    'a limit for an unknown project',
    'worker: { projects: { shop: 1 } }',
    /worker\.projects\.shop: .*none is configured/,
  ],
  ['a limit for an unknown provider', 'worker: { providers: { antropic: 1 } }', /providers\.antropic: .*anthropic/],
  ['a priority of 11', 'priority: 11', /yaml:1: priority: .*to 10/],
  ['no repository', 'projects:\n  shop: {}', /yaml:2: projects\.shop\.repository: write the path/],
  [
    'a bad branch',
    'projects:\n  shop:\n    repository: .\n    target: a..b',
    /yaml:4: projects\.shop\.target: .*branch/,
  ],
  ['a bad prefix', 'projects:\n  shop:\n    repository: .\n    prefix: E-T', /yaml:4: projects\.shop\.prefix: .*ET/],
  [
    'one prefix twice',
    'projects:\n  shop: { repository: ., prefix: ET }\n  site:\n    repository: .\n    prefix: et',
    /yaml:5: projects\.site\.prefix: project shop has the same prefix/,
  ],
  [
    'one prefix twice, made from names',
    'projects:\n  shop-api: { repository: . }\n  site-app: { repository: . }',
    /yaml:3: projects\.site-app\.prefix: project shop-api/,
  ],
  ['an unknown pipeline', 'pipeline: defualt', /yaml:1: pipeline: .*write default, or a file/],
  ['a pipeline that is not there', 'pipeline: ./mine.yaml', /yaml:1: pipeline: there is no file "\.\/mine\.yaml"/],
  ['no tokens', 'budget: { day: { tokens: many } }', /budget\.day\.tokens: .*200k or 5M/],
  ['no money', 'budget:\n  day:\n    money: 0', /yaml:3: budget\.day\.money: .*above zero/],
  ['dollars in words', 'budget: { run: { money: $5 } }', /budget\.run\.money: .*US dollars/],
  ['half a session', 'budget: { run: { sessions: 0.5 } }', /budget\.run\.sessions: write a whole number/],
  ['an unknown budget', 'budget: { week: { money: 5 } }', /yaml:1: budget: .*"week".*"day"|"run"/],
  [
    'a hook as text',
    'projects: { shop: { repository: ., hooks: { afterRun: { run: npm ci } } } }',
    /run: .*\[npm, ci\]/,
  ],
  ['an empty hook', 'projects: { shop: { repository: ., hooks: { afterRun: { run: [] } } } }', /run: name a program/],
  [
    'half a price',
    'prices:\n  - pattern: a\n    window: 1000\n    input: 3',
    /yaml:2: prices\.0: .*both `input` and `output`/,
  ],
  ['a model without window', 'prices:\n  - pattern: a', /yaml:2: prices\.0\.window: /],
  [
    'a variable that is not set',
    'data: x\npipeline: "${NOPE}"',
    /yaml:2: pipeline: the environment variable NOPE is not set; export/,
  ],
  ['a variable that is empty', 'data: ${EMPTY}', /yaml:1: data: .*EMPTY is not set/],
  ['no variable', 'data: "${NOT-ONE}"', /yaml:1: data: .*NOT-ONE.*\$\$\{/],
  [
    'no variable in set',
    'agents: { a: { kind: claude, set: { A: "${x y}" } } }',
    /agents\.a\.set\.A: .*no environment/,
  ],
];

test.each(mistakes)('%s is refused with its line, its field and what to write', async (_, text, words) => {
  const error = await yamlPlace(text).refusal({ EMPTY: '' });
  expect(error.message).toMatch(words);
  expect(error.code).toBe('invalid');
  expect(error.message).toMatch(
    /^signalbox\.config\.yaml is not a valid configuration \((one problem|\d+ problems)\):/,
  );
  expect(error.message).not.toMatch(/Invalid input|undefined|\[object|NaN/);
  expect(error.problems.length).toBeGreaterThan(0);
  expect(error.problems.every(({ line }) => line !== undefined)).toBe(true);
});

test('everything that is wrong is said at once, in the order of the file', async () => {
  const { message, problems } = await yamlPlace('priority: 0\nworker:\n  totl: 1\n  total: x\nagent: 7\n').refusal();
  expect(problems.map(({ line }) => line).sort()).toEqual([1, 3, 4, 5]);
  expect([...message.matchAll(/yaml:(\d)/g)].map(([, line]) => line)).toEqual(['1', '3', '4', '5']);
});

test('what code says wrong is named by its field', async () => {
  const place = configPlace({ 'signalbox.config.ts': 'export default { worker: { totl: 3 }, agent: "${NOPE}" };' });
  const { message } = await place.refusal();
  expect(message).toMatch(/signalbox\.config\.ts: worker: .*"total"/);
  expect(message).toMatch(/signalbox\.config\.ts: agent: .*NOPE is not set/);
});

test('no variable may stand where what is written is kept: in command lines', async () => {
  const place = yamlPlace(`
agents:
  opus: { kind: claude, args: ["--api-key", "\${SECRET}"] }
  own: { kind: command, program: "sh \${SECRET}" }
projects:
  shop: { repository: /srv/shop, hooks: { afterRun: { run: [notify, "\${SECRET}"] } } }
`);
  const problems = ['agents.opus.args.1', 'agents.own.program', 'projects.shop.hooks.afterRun.run.1'];
  await expect(place.load({ SECRET: 'sk-secret' })).rejects.toMatchObject({
    problems: problems.map(path => ({ path, message: expect.stringContaining('no variable can stand here') })),
  });
});

test('variables are filled in everywhere, as text and as numbers, except in set', async () => {
  const place = yamlPlace(`
data: "\${STATE}/data"
worker: { total: "\${TOTAL}" }
agents:
  opus:
    kind: \${KIND}
    set: { TOKEN: "\${SECRET}", PLAIN: "$\${SECRET}" }
    args: ["--x=$\${NOT_ME}"]
    sandbox: { driver: bubblewrap, network: "\${NETWORK}" }
`);
  const { config, warnings, variables } = await place.load({
    STATE: '/srv/state',
    TOTAL: '3',
    KIND: 'claude',
    NETWORK: 'false',
    SECRET: 'sk-secret',
  });
  expect(config).toMatchObject({ dataDir: '/srv/state/data', worker: { total: 3 } });
  expect(config.agents.opus).toMatchObject({
    kind: 'claude',
    set: { TOKEN: '${SECRET}', PLAIN: '$${SECRET}' },
    args: ['--x=${NOT_ME}'],
    sandbox: { network: false },
  });
  expect(warnings).toEqual([]);
  expect(variables).toEqual(['KIND', 'NETWORK', 'STATE', 'TOTAL']);
  expect(JSON.stringify(config)).not.toContain('sk-secret');
});

test('a variable of set that is missing is warned of, and so is a secret in the file', async () => {
  const place = yamlPlace(
    'agents:\n  opus:\n    kind: claude\n    set:\n      URL: "${GATEWAY}"\n      API_KEY: sk-123456\n',
  );
  const { warnings } = await place.load();
  expect(warnings).toEqual([
    expect.stringMatching(
      /^signalbox\.config\.yaml:5: agents\.opus\.set\.URL: the variable GATEWAY is not set; export it/,
    ),
    expect.stringMatching(
      /^signalbox\.config\.yaml:6: agents\.opus\.set\.API_KEY: .*looks like a secret.*\$\{API_KEY\}/,
    ),
  ]);
  expect(warnings.join()).not.toContain('sk-123456');
});

test('no message repeats what came from the environment', async () => {
  const secret = 'sk-very-secret-9876';
  const fields = [
    'data: "a\\0${S}"',
    'agent: ${S}',
    'priority: ${S}',
    'pipeline: ${S}',
    'pipeline: ./${S}',
    'worker: { ageing: "${S}" }',
    'host: { minFreeDisk: "${S}" }',
    'roles: { reviewer: "${S}" }',
    'budget: { day: { tokens: "${S}", money: "${S}" } }',
    'agents: { a: { kind: "${S}" } }',
    'agents: { a: { kind: claude, provider: "${S} x", env: ["${S}"] } }',
    'agents: { a: { kind: claude, sandbox: { driver: "${S}", mounts: [{ path: "${S}" }] } } }',
    'projects: { shop: { repository: ".", target: "${S}..x", prefix: "${S}", agent: "${S}" } }',
  ];
  for (const text of fields) {
    const { message, problems } = await yamlPlace(text).refusal({ S: secret });
    expect(`${message}${JSON.stringify(problems)}`, text).not.toContain('secret-9876');
  }
});

test('aliases that would unfold without end are refused', async () => {
  const text = `a: &a [x, x]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [${`*${'abcdefghi'[index]}, `.repeat(9)}]`).join('\n')}`;
  expect((await yamlPlace(text).refusal()).code).toBe('invalid');
});

test('names that every object has are no agents', async () => {
  const { message } = await yamlPlace('agent: constructor\nroles: { reviewer: toString }').refusal();
  expect(message).toMatch(/agent: there is no agent "constructor"/);
  expect(message).toMatch(/roles\.reviewer: there is no agent "toString"/);
});

test('a limit that cannot hold is told of with the remedy', async () => {
  const place = (agents: string, budget: string, prices = '[]') =>
    configPlace({
      'signalbox.config.yaml': `agent: a\nagents: { a: ${agents} }\nbudget: ${budget}\nprices: ${prices}\n`,
    });
  const warningsOf = async (...of: Parameters<typeof place>) => (await place(...of).load()).warnings;
  const money = '{ run: { money: 5 } }';
  const scripted = '{ kind: command, program: sh }';
  expect(await warningsOf(scripted, '{ run: { tokens: 1M } }')).toEqual([
    expect.stringMatching(/budgets of tokens do not/),
  ]);
  expect(await warningsOf(scripted, '{ run: { time: 1h } }')).toEqual([]);
  expect(await warningsOf('{ kind: gemini, model: my-model }', money)).toEqual([
    expect.stringMatching(/agents\.a\.model: .* what my-model costs; say it under `prices`/),
  ]);
  const priced = '[{ pattern: my-model, window: 200k, input: 3, output: 15 }]';
  expect(await warningsOf('{ kind: gemini, model: my-model }', money, priced)).toEqual([]);
  expect(await warningsOf('{ kind: codex, model: gpt-5.5 }', money)).toEqual([]);
  expect(await warningsOf('{ kind: aider }', money)).toEqual([expect.stringMatching(/only if aider knows/)]);
  expect(await warningsOf('{ kind: claude }', money)).toEqual([]);
});
