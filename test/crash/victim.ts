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
const { plainAgent } = await import('../../src/domain/agent-spec.ts');
const { createTasks } = await import('../../src/commands/tasks.ts');

const agent = fileURLToPath(new URL('../fixtures/crash-agent.sh', import.meta.url));
const id = 'ET-1';
process.env.LEDGER = join(directory, 'ledger');
let wake = () => {};
const app = await openApp({
  dataDir: join(directory, 'data'),
  mode: 'work',
  trace: sql => point(`sql ${sql.trim().slice(0, 60)}`),
  listeners: [() => wake()],
  observer: {
    onEffect: (phase, { type, key }) => point(`${phase} ${type} ${key}`),
  },
});
const tasks = createTasks(app);
if ((await tasks.find(id)) === undefined) {
  await tasks.add({
    id,
    title: 'Totals are wrong',
    repository: join(directory, 'shop'),
    target: 'main',
    agent: plainAgent('scripted', ['sh', agent], ['LEDGER']),
  });
}
for (;;) {
  const changed = new Promise<void>(resolve => {
    wake = resolve;
  });
  const task = await tasks.show(id);
  if (task.state === 'analysis.awaitingApproval') await tasks.send(id, 'task.approve', {}, 'test');
  else if (task.standing !== 'working') break;
  else await changed;
}
await app.runtime.idle();
const task = await tasks.show(id);
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
