/**
 * Takes the demo's task through the pipeline, and kills itself with SIGKILL at a given point. Points are counted: every
 * database statement, both sides of every effect, and every process that is about to be started (git, agents, tests).
 *
 *   node victim.ts DIRECTORY POINT      POINT 0 runs to the end and prints a summary as JSON
 */
import childProcess from 'node:child_process';
import { appendFileSync, readdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [directory = '', crashAt = '0'] = process.argv.slice(2);
const target = Number(crashAt);
let count = 0;

function point(what: string): void {
  count += 1;
  if (count !== target) return;
  appendFileSync(join(directory, 'crash.log'), `${count} ${what}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const { spawn } = childProcess;
childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
  point(`spawn ${args[0]} ${(args[1] as string[] | undefined)?.slice(8, 11).join(' ') ?? ''}`);
  return spawn(...args);
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
  const { tags, standing } = await show();
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
    points,
    summary: {
      state: task.state,
      attempts: task.attempts,
      rework: task.rework,
      verdicts: Object.values(task.verdicts).map(({ gate, verdict, by }) => `${gate} ${verdict} ${by}`),
      runs: task.runs.map(({ stage, status, attempt }) => `${stage} ${status} ${attempt}`).sort(),
      outbox: outbox.map(({ key, state, type }) => `${type} ${state} ${key}`),
      runDirs: readdirSync(join(directory, 'data', 'runs')).sort(),
      worktrees: readdirSync(join(directory, 'data', 'worktrees'), { recursive: true }),
      actors: checked,
      differences,
      deadLetters: letters.events.length + letters.outbox.length,
    },
  })}\n`,
);
