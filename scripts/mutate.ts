/**
 * Plants one fault after another into machines, runtime and persistence, in a copy of the last commit, and looks whether the
 * tests notice. Tests that start the program start that of the copy, so they see the fault as well.
 *
 * Usage: npm run mutate -- [--sample 200] [--seed 1] [--area machines] [--from 1] [--least 0.9] [--list]
 * `--from` goes on with the nth of a sample. Ends with 1 when fewer than the least share is noticed. A test that fails is run
 * once more, since one that fails by chance notices nothing. Survivors are listed with the line that nobody missed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseAst } from 'vite';

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    area: { type: 'string' },
    from: { type: 'string', default: '1' },
    least: { type: 'string', default: '0.9' },
    list: { type: 'boolean', default: false },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const areas = ['machines', 'runtime', 'persistence'].filter(area => values.area === undefined || area === values.area);

interface Mutant {
  area: string;
  file: string;
  line: number;
  kind: string;
  /** What stands there, and what is put in its place. */
  from: string;
  to: string;
  start: number;
  end: number;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

const opposite: Record<string, string> = {
  ...{
    '===': '!==',
    '!==': '===',
    '<': '<=',
    '<=': '<',
    '>': '>=',
    '>=': '>',
    '&&': '||',
    '||': '&&',
    '+': '-',
    '-': '+',
  },
};
/** What a machine is made of: without one of them it does less. */
const parts = new Set(['actions', 'entry', 'exit', 'guard', 'always', 'after', 'onError', 'onDone', 'reenter', 'tags']);

/** Every fault that can be planted into a text. */
function mutantsIn(area: string, file: string): Mutant[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found: Mutant[] = [];
  const plant = (kind: string, { start, end }: { start: number; end: number }, to: string) => {
    const line = text.slice(0, start).split('\n').length;
    found.push({ area, file, line, kind, from: text.slice(start, end), to, start, end });
  };
  const source = ({ start, end }: Node) => text.slice(start, end);
  const visit = (node: Node) => {
    switch (node.type) {
      case 'IfStatement':
      case 'ConditionalExpression':
        plant('condition', node.test as Node, `!(${source(node.test as Node)})`);
        break;
      case 'BinaryExpression':
      case 'LogicalExpression': {
        const to = opposite[node.operator as string];
        const [left, right] = [node.left as Node, node.right as Node];
        if (to !== undefined) plant('operator', node, `${source(left)} ${to} ${source(right)}`);
        break;
      }
      case 'ExpressionStatement':
        if ((node.expression as Node).type !== 'Literal') plant('statement', node, ';');
        break;
      case 'Property': {
        const { name } = node.key as { name?: string };
        if (name !== undefined && parts.has(name) && node.shorthand !== true) plant('part', node, `...{}`);
        break;
      }
      case 'ArrayExpression': {
        const elements = node.elements as (Node | null)[];
        if (elements.length > 1)
          for (const element of elements) if (element !== null) plant('element', element, '...[]');
        break;
      }
      case 'Literal':
        if (typeof node.value === 'boolean') plant('literal', node, String(!node.value));
        else if (typeof node.value === 'number') plant('literal', node, String(node.value + 1));
        break;
      default:
    }
    for (const [field, value] of Object.entries(node)) {
      // Types are gone when it runs.
      if (/^(?:typeAnnotation|typeParameters|typeArguments|returnType|superTypeParameters)$/.test(field)) continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child);
    }
  };
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node);
  return found;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { type?: unknown }).type === 'string' &&
  !/^TS/.test((value as Node).type);

const filesIn = (area: string): string[] =>
  readdirSync(join(root, 'src', area), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => `src/${area}/${name}`)
    .sort();

/** The same numbers for the same seed: https://en.wikipedia.org/wiki/Linear_congruential_generator (Numerical Recipes). */
function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** As many of each kind of fault in each area, as far as there are. */
function sampleOf(all: readonly Mutant[], size: number, chance: () => number): Mutant[] {
  const strata = [...Map.groupBy(all, ({ area, kind }) => `${area} ${kind}`).values()].map(those =>
    shuffled(those, chance),
  );
  const chosen: Mutant[] = [];
  for (let round = 0; chosen.length < Math.min(size, all.length); round += 1) {
    for (const stratum of strata) if (round < stratum.length && chosen.length < size) chosen.push(stratum[round]!);
  }
  return chosen;
}

function shuffled<T>(items: readonly T[], chance: () => number): T[] {
  return items
    .map(item => ({ item, rank: chance() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** First those of the file itself, then those that look at these parts closely, then all others that need no browser. */
const near = ['test/machines', 'test/model', 'test/runtime', 'test/persistence', 'test/simulation'];
/** Those among them that go many ways: they see most, and take minutes. */
const long = [
  ...['test/model/machines.test.ts', 'test/machines/second-opinion.test.ts', 'test/machines/cases.test.ts'],
  ...['test/simulation/walks.test.ts', 'test/simulation/scenario.test.ts', 'test/machines/drawing.test.ts'],
];
const without = (paths: readonly string[]) => paths.flatMap(path => ['--exclude', path]);
const rounds = [
  [...near, ...without(long)],
  long,
  ['test', ...without([...near, 'test/browser'].map(path => `${path}/**`))],
];
const longestMs = 1_800_000;

/** A test file, relative to the repository, with how it went and how long it took, in milliseconds. */
interface Tested {
  file: string;
  hasFailed: boolean;
  tookMs: number;
}

/** Runs tests until the first fails, in the order that is given. Tests that hang are none, and have failed. */
function run(
  copy: string,
  args: readonly string[],
  order: readonly string[],
): Promise<{ passed: boolean; tested: Tested[] }> {
  return new Promise(resolve => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const report = join(copy, '..', 'report.json');
    rmSync(report, { force: true });
    const options = [
      '--config',
      'scripts/mutate.config.ts',
      '--bail',
      '1',
      '--reporter',
      'json',
      '--outputFile',
      report,
    ];
    const child = spawn(process.execPath, [vitest, 'run', ...options, ...args], {
      ...{ cwd: copy, stdio: 'ignore', detached: true },
      env: { ...process.env, CI: '1', SIGNALBOX_TEST_ORDER: order.join('\n') },
    });
    const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), longestMs);
    child.once('exit', code => {
      clearTimeout(late);
      resolve({ passed: code === 0, tested: testedIn(report, copy) });
    });
  });
}

function testedIn(report: string, copy: string): Tested[] {
  if (!existsSync(report)) return [];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; status: string; startTime: number; endTime: number }[];
  };
  return testResults.map(({ name, status, startTime, endTime }) => ({
    ...{ file: relative(copy, name), hasFailed: status === 'failed', tookMs: endTime - startTime },
  }));
}

/** The tests of a file stand at the same place. */
function ownTests(file: string): string[][] {
  const test = file.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts');
  return existsSync(join(root, test)) ? [[test]] : [];
}

/** What fails with this fault, each time; undefined when nothing does. What fails once alone fails without a fault, too. */
async function noticedBy(
  copy: string,
  { area, file, start, end, to }: Mutant,
  quickest: readonly string[],
): Promise<string | undefined> {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const isNear = (test: string) => test.startsWith(`test/${area}/`);
  const order = quickest.toSorted((a, b) => Number(isNear(b)) - Number(isNear(a)));
  writeFileSync(path, `${text.slice(0, start)}${to}${text.slice(end)}`);
  try {
    for (const round of [...ownTests(file), ...rounds]) {
      for (let { passed, tested } = await run(copy, round, order); !passed; ) {
        const failed = tested.filter(({ hasFailed }) => hasFailed).map(one => one.file);
        if (failed.length === 0 || !(await run(copy, failed, order)).passed) return failed[0] ?? 'all that was run';
        console.error(`  ${failed.join(', ')} failed once`);
        ({ passed, tested } = await run(copy, round, order));
      }
    }
    return undefined;
  } finally {
    writeFileSync(path, text);
  }
}

const shown = ({ file, line, kind, from, to }: Mutant) => {
  const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, 80);
  return `${file}:${line} ${kind}: ${short(from)} → ${short(to)}`;
};

async function mutate(): Promise<number> {
  const all = areas.flatMap(area => filesIn(area).flatMap(file => mutantsIn(area, file)));
  const sample = sampleOf(all, Number(values.sample), createChance(Number(values.seed)));
  console.log(`${sample.length} of ${all.length} faults, seed ${values.seed}`);
  if (values.list) {
    for (const mutant of sample) console.log(shown(mutant));
    return 0;
  }
  const copy = join(mkdtempSync(join(tmpdir(), 'signalbox-mutants-')), 'copy');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'ignore' });
  const remove = () => {
    rmSync(join(copy, '..'), { recursive: true, force: true });
    git('worktree', 'prune');
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      remove();
      process.exit(130);
    });
  }
  git('worktree', 'add', '--detach', copy, 'HEAD');
  try {
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const { passed, tested } = await run(copy, rounds[0]!, []);
    const failed = tested.filter(({ hasFailed }) => hasFailed).map(({ file }) => file);
    if (!passed) throw new Error(`Without any fault there fails ${failed.join(', ')}; fix that first.`);
    const quickest = tested.toSorted((a, b) => a.tookMs - b.tookMs).map(({ file }) => file);
    const survivors: Mutant[] = [];
    const from = Number(values.from) - 1;
    for (const [index, mutant] of sample.entries()) {
      if (index < from) continue;
      const by = await noticedBy(copy, mutant, quickest);
      if (by === undefined) survivors.push(mutant);
      const word = by === undefined ? 'SURVIVES' : 'noticed ';
      console.log(`${index + 1}/${sample.length} ${word} ${shown(mutant)}${by === undefined ? '' : ` (${by})`}`);
    }
    const share = 1 - survivors.length / (sample.length - from);
    console.log(`${(100 * share).toFixed(1)} % noticed; ${survivors.length} survive`);
    for (const mutant of survivors) console.log(`  ${shown(mutant)}`);
    return share >= Number(values.least) ? 0 : 1;
  } finally {
    remove();
  }
}

process.exitCode = await mutate();
