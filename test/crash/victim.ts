/**
 * Takes the demo's task through the pipeline, and kills itself with SIGKILL at a given point. Points are counted: every
 * database statement, both sides of every effect, and every process that is about to be started (git, agents, tests).
 *
 *   node victim.ts DIRECTORY POINT      POINT 0 runs to the end and prints a summary as JSON
 *   node victim.ts DIRECTORY POINT all  what has just been started begins, and every git dies with us
 */
import childProcess, { type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [directory = '', crashAt = '0', together] = process.argv.slice(2);
const target = Number(crashAt);
const isTogether = together === 'all';
let count = 0;
/** Points at which a git was started. */
const gits: number[] = [];
/** The process that starts others for us. */
let helper: number | undefined;

function point(what: string): void {
  count += 1;
  if (count !== target) return;
  appendFileSync(join(directory, 'crash.log'), `${count} ${what}\n`);
  if (isTogether) killGits();
  process.kill(process.pid, 'SIGKILL');
}

/** As a container that is stopped or a power cut does, in the middle of what they do: a little later at each point. */
function killGits(): void {
  const until = performance.now() + (target % 10);
  while (performance.now() < until) {
    // They get on meanwhile.
  }
  const ours = [process.pid, helper];
  for (const name of readdirSync('/proc').filter(entry => /^\d+$/.test(entry))) {
    try {
      const [, comm, parent] = /^\d+ \((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      if (comm === 'git' && ours.includes(Number(parent))) process.kill(-Number(name), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  if (helper !== undefined) process.kill(helper, 'SIGKILL');
}

/** Starts it, in a crash that takes all along before the point and else after it. */
function atPoint<T>(file: unknown, argv: readonly string[] | undefined, start: () => T): T {
  const what = `spawn ${file} ${argv?.filter((arg, index) => arg !== '-c' && argv[index - 1] !== '-c').join(' ') ?? ''}`;
  if (file === 'git') gits.push(count + 1);
  if (isTogether) {
    const started = start();
    point(what.slice(0, 120));
    return started;
  }
  point(what.slice(0, 120));
  return start();
}

const { spawn } = childProcess;
childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
  const child = atPoint(args[0], args[1] as string[] | undefined, () => spawn(...args)) as ChildProcess;
  if (child.send === undefined) return child;
  helper = child.pid;
  const send = child.send.bind(child) as (...message: unknown[]) => boolean;
  child.send = ((...message: [{ kind: string; file?: string; argv?: string[] }, ...unknown[]]) => {
    const [{ kind, file, argv }] = message;
    return kind.startsWith('start') ? atPoint(file, argv, () => send(...message)) : send(...message);
  }) as typeof child.send;
  return child;
}) as typeof spawn;
syncBuiltinESMExports();

// Only now, so that everything that they import sees the counting spawn.
const { openApp } = await import('../../src/app/open.ts');
const { locate } = await import('../../src/app/place.ts');
const { clientOn } = await import('../../src/client/on-site.ts');

const agent = fileURLToPath(new URL('../fixtures/crash-agent.sh', import.meta.url));
const id = 'ET-1';
process.env.LEDGER = join(directory, 'ledger');
const dataDir = join(directory, 'data');
const app = await openApp({
  dataDir,
  mode: 'work',
  trace: sql => point(`sql ${sql.trim().slice(0, 60)}`),
  observer: {
    onEffect: (phase, { type, key }) => point(`${phase} ${type} ${key}`),
  },
});
const here = { cwd: directory, env: process.env };
const site = Object.assign(app, { here: { ...here, ...locate({ ...here, data: dataDir, warn: () => {} }) } });
const client = clientOn(site, { name: 'test', role: 'admin' });
const show = () => client.ask('task.show', { taskId: id });
if ((await app.runtime.actor(id)) === undefined) {
  await client.ask('task.add', {
    id,
    title: 'Totals are wrong',
    repository: join(directory, 'shop'),
    target: 'main',
    agent: `sh ${agent}`,
    agentEnv: ['LEDGER'],
  });
}
// Looked at with every commit, until it needs nobody and nothing any more.
await app.runtime.until(async () => {
  const { tags, standing, why } = await show();
  // What a killed git has left in the repository of the user is his to take away: the task says what it is.
  const [lock] = /\/\S+\.lock/.exec(why) ?? [];
  if (lock !== undefined && existsSync(lock)) rmSync(lock);
  if (tags.includes('approval')) await client.ask('task.approve', { taskId: id });
  return tags.includes('approval') || standing === 'working' ? undefined : true;
});
await app.runtime.idle();
const task = await show();
const points = count;
const { differences, checked } = await app.runtime.verify();
const letters = await app.runtime.deadLetters();
const outbox = await app.store.outbox(id);
await app.close();
process.stdout.write(
  `${JSON.stringify({
    ...{ points, gits },
    summary: {
      state: task.state,
      attempts: task.attempts,
      rework: task.rework,
      verdicts: Object.values(task.verdicts).map(({ gate, verdict, by }) => `${gate} ${verdict} ${by}`),
      runs: task.runs.map(({ stage, status, attempt }) => `${stage} ${status} ${attempt}`).sort(),
      outbox: outbox.map(({ key, state, type }) => `${type} ${state} ${key}`),
      // What a set-up makes is kept for others where nothing came between; else they make it themselves.
      runDirs: readdirSync(join(directory, 'data', 'runs'))
        .filter(name => !/\.(?:baseline|gate-).*-setup-/.test(name))
        .sort(),
      worktrees: readdirSync(join(directory, 'data', 'worktrees'), { recursive: true }),
      actors: checked,
      differences,
      deadLetters: letters.events.length + letters.outbox.length,
    },
  })}\n`,
);
