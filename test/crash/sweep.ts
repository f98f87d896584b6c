/**
 * The crash sweep: kills the orchestrator at one point after another, restarts it, and compares the end with that of an
 * undisturbed run: the state, the verdicts, the git history and tree, how often each agent was started, the outbox, and
 * that every actor replays to its snapshot.
 *
 *   node test/crash/sweep.ts [--all | --every N] [--from POINT] [--to POINT] [--together]
 *
 * With `--together` it is killed at the starts of git, and every git dies with it in the middle of its work, as when a container is
 * stopped or the power fails.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { execa } from 'execa';
import { gitIn } from '../../src/actors/git.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    every: { type: 'string', default: '0' },
    from: { type: 'string', default: '1' },
    to: { type: 'string' },
    together: { type: 'boolean', default: false },
  },
});

interface Outcome {
  points: number;
  /** Those at which a git was started. */
  gits: number[];
  summary: object;
}

const victim = fileURLToPath(new URL('victim.ts', import.meta.url));
const place = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-crash-')));
const template = join(place, 'template');
mkdirSync(template);
await makeDemoRepository(template);
await addToProve(template);

/** A submodule and what a set-up makes: the shop's tests ask for both in each checkout that they run in. */
async function addToProve(shop: string): Promise<void> {
  const library = join(place, 'library');
  mkdirSync(library);
  await makeDemoRepository(library);
  const git = gitIn(shop);
  // Ours fetches from no directory.
  await execa('git', ['submodule', '--quiet', 'add', library, 'library'], {
    cwd: shop,
    env: { GIT_ALLOW_PROTOCOL: 'file' },
  });
  writeFileSync(join(shop, '.gitignore'), 'made/\n');
  writeFileSync(join(shop, 'lock'), 'one\n');
  const asked = 'test -e library/total.sh && test "$(cat made/it)" = one || { echo "nothing is set up"; exit 1; }\n';
  writeFileSync(join(shop, 'test.sh'), `${asked}${readFileSync(join(shop, 'test.sh'), 'utf8')}`);
  await git(['add', '--all']);
  await git(['commit', '--quiet', '-m', 'Use a library']);
}

const configuration = `projects:
  shop:
    repository: ./shop
    setup: { run: [sh, -c, mkdir -p made && cp lock made/it], keyedBy: [lock] }
`;

async function runVictim(
  directory: string,
  point: number,
): Promise<{ outcome?: Outcome; signal?: string; output: string }> {
  const how = values.together ? ['all'] : [];
  const { stdout, stderr, signal } = await execa('node', [victim, directory, String(point), ...how], {
    reject: false,
    timeout: 60_000,
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return {
    output: `${stdout}${stderr}`,
    ...(signal && { signal }),
    ...(line.startsWith('{') && { outcome: JSON.parse(line) as Outcome }),
  };
}

function freshDirectory(name: string): string {
  const directory = join(place, name);
  cpSync(template, join(directory, 'shop'), { recursive: true });
  writeFileSync(join(directory, 'signalbox.config.yaml'), configuration);
  return directory;
}

/** What must not depend on any crash. Times and hashes of commits do, so history is compared by subject and tree. */
async function endOf(directory: string, { summary }: Outcome): Promise<object> {
  const git = gitIn(join(directory, 'shop'));
  // Who waits for a lock on the way is numbered otherwise.
  const numbered = Object.entries(summary).map(([key, value]) =>
    values.together && ['outbox', 'runDirs'].includes(key)
      ? [key, (value as string[]).map(name => name.replace(/\d+/g, 'N')).sort()]
      : [key, value],
  );
  return {
    ...Object.fromEntries(numbered),
    history: (await git(['log', '--graph', '--format=%s %an', 'main'])).split('\n'),
    tree: await git(['rev-parse', 'main^{tree}']),
    branches: (await git(['for-each-ref', '--format=%(refname)', 'refs/heads'])).split('\n'),
    status: await git(['status', '--porcelain']),
    fsck: await git(['fsck', '--no-dangling', '--no-progress']),
    agents: readFileSync(join(directory, 'ledger'), 'utf8').trim().split('\n'),
  };
}

const calm = freshDirectory('calm');
const undisturbed = await runVictim(calm, 0);
if (undisturbed.outcome === undefined) throw new Error(`The undisturbed run failed:\n${undisturbed.output}`);
const expected = await endOf(calm, undisturbed.outcome);
const { state } = undisturbed.outcome.summary as { state: string };
if (state !== 'done') throw new Error(`The undisturbed run ended as ${state}:\n${JSON.stringify(expected, null, 2)}`);
const { points, gits } = undisturbed.outcome;
const last = Math.min(points, Number(values.to ?? points));
const step = values.all ? 1 : Number(values.every) || (values.together ? 5 : 37);
const all = values.together ? gits : Array.from({ length: points }, (_, index) => index + 1);
const chosen = all.filter(point => point >= Number(values.from) && point <= last).filter((_, at) => at % step === 0);
process.stdout.write(
  `${all.length} points in the pipeline; killing at ${chosen.length} of them (every ${step})${values.together ? ', with every git' : ''}\n`,
);

let passed = 0;
const failures: string[] = [];

async function sweepOne(point: number): Promise<void> {
  const directory = freshDirectory(`at-${point}`);
  const crash = await runVictim(directory, point);
  const where = existsSync(join(directory, 'crash.log'))
    ? readFileSync(join(directory, 'crash.log'), 'utf8').trim()
    : '';
  // The order in which things happen varies a little, so a late point may lie beyond the end of a run.
  const after = crash.outcome === undefined ? await runVictim(directory, 0) : crash;
  const end = after.outcome && (await endOf(directory, after.outcome));
  if (end !== undefined && isDeepStrictEqual(end, expected)) {
    passed += 1;
    rmSync(directory, { recursive: true, force: true });
  } else {
    failures.push(`point ${point} (${where}):\n${end === undefined ? after.output : differenceOf(end)}`);
  }
  const done = passed + failures.length;
  if (done % 25 === 0) process.stdout.write(`${done} of ${chosen.length}\n`);
}

function differenceOf(end: object): string {
  return Object.entries(expected)
    .filter(([key, value]) => !isDeepStrictEqual((end as Record<string, unknown>)[key], value))
    .map(
      ([key, value]) =>
        `  ${key}: ${JSON.stringify((end as Record<string, unknown>)[key])}\n  expected: ${JSON.stringify(value)}`,
    )
    .join('\n');
}

const queue = [...chosen];
await Promise.all(
  Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) await sweepOne(point);
  }),
);
for (const failure of failures) process.stdout.write(`${failure}\n`);
rmSync(place, { recursive: true, force: true });
process.stdout.write(`sweep: ${passed} passed, ${failures.length} failed\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
