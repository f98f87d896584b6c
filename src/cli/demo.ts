/** `signalbox demo`: the whole pipeline on a real throw-away repository, with an agent that plays from a script. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { gitIn } from '../actors/git.ts';
import { openApp } from '../app/open.ts';
import { createAgents } from '../commands/agents.ts';
import { interruptAll } from '../commands/shutdown.ts';
import { createTasks, type TaskView } from '../commands/tasks.ts';
import { makeDemoRepository } from '../demo/repository.ts';
import { plainAgent } from '../domain/agent-spec.ts';
import { formatDuration } from '../domain/duration.ts';
import { actor } from './command.ts';
import { colors, exitCodes, note, print, printJsonLine } from './output.ts';
import { createProgress, type Progress } from './progress.ts';
import { interruption } from './run.ts';

interface DemoOptions {
  keep?: boolean;
  json?: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('take a bug through the whole pipeline in a throw-away repository; needs no model and no network')
    .option('--keep', 'keep the repository and the data directory to look at')
    .option('--json', 'print JSON lines and nothing else')
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

/** The agent of the demo: a program that plays all six roles from a script, through the interface that a CLI would use. */
const scriptedAgent = fileURLToPath(new URL('../../examples/scripted-agent.sh', import.meta.url));

async function demo({ keep = false, json = false }: DemoOptions): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), 'signalbox-demo-'));
  const repository = join(place, 'shop');
  const dataDir = join(place, 'data');
  mkdirSync(repository);
  const began = performance.now();
  let progress: Progress | undefined;
  let wake = () => {};
  try {
    await makeDemoRepository(repository);
    const app = await openApp({
      dataDir,
      mode: 'work',
      listeners: [
        transition => {
          progress?.onTransition(transition);
          wake();
        },
      ],
    });
    const interrupted = interruption();
    try {
      const tasks = createTasks(app);
      const task = await tasks.add({
        id: 'ET-1',
        title: 'Totals are wrong for more than one item',
        body: 'An order of two items at 3.00 shows a total of 3.00.\n`npm test` in the repository fails since then.\n',
        repository,
        target: 'main',
        agent: plainAgent('scripted', ['sh', scriptedAgent]),
      });
      if (!json) {
        print(`${colors.bold('Signalbox demo')}: one bug, six roles, a real git repository in ${place}`);
        print(
          `${colors.dim('The agent is a script (examples/scripted-agent.sh); everything else is the real thing.')}\n`,
        );
      }
      const { follow } = createAgents(app);
      progress = createProgress({ taskId: task.id, state: task.state, follow, isJson: json });
      const finish = async (): Promise<TaskView> => {
        for (;;) {
          const changed = new Promise<void>(resolve => {
            wake = resolve;
          });
          const now = await tasks.show(task.id);
          if (now.state === 'analysis.awaitingApproval') {
            await tasks.send(task.id, 'task.approve', {}, 'the demo, in your place');
          } else if (now.standing !== 'working') return now;
          else await changed;
        }
      };
      const last = await Promise.race([finish(), interrupted.happened]);
      progress.stop();
      if (last === undefined) {
        await interruptAll(app, actor());
        return exitCodes.interrupted;
      }
      if (json) printJsonLine(last);
      else await summarize(last, { repository, place, keep, tookMs: performance.now() - began });
      return last.standing === 'done' ? exitCodes.done : exitCodes.failed;
    } finally {
      progress?.stop();
      interrupted.forget();
      await app.close();
    }
  } finally {
    if (!keep) rmSync(place, { recursive: true, force: true });
    else note(`Kept in ${place}`);
  }
}

interface Summary {
  repository: string;
  place: string;
  keep: boolean;
  tookMs: number;
}

async function summarize(task: TaskView, { repository, place, keep, tookMs }: Summary): Promise<void> {
  const git = gitIn(repository);
  const indent = (text: string) =>
    text
      .split('\n')
      .map(line => `  ${line}`)
      .join('\n');
  print(`\n${colors.bold('What main holds now')}\n${indent(await git(['ls-tree', '-r', '--name-only', 'main']))}`);
  print(
    `\n${colors.bold('How it came there')}\n${indent(await git(['log', '--graph', '--oneline', '--decorate=no', 'main']))}`,
  );
  print(`\n${colors.bold('What changed in the code')}`);
  print(indent(await git(['diff', '--no-ext-diff', task.base, 'main', '--', '.', ':!docs'])));
  const runs = Object.values(task.attempts).reduce((sum, count) => sum + count, 0);
  print(
    `\n${task.standing === 'done' ? colors.green('✓') : colors.red('✗')} ${task.id} is ${task.state}: ${runs} agent runs, ` +
      `${task.rework.review ?? 0} change requested and repaired, ${formatDuration(tookMs)}.`,
  );
  print(`\n${colors.bold('Where to look next')}`);
  if (keep) {
    const data = `--data ${join(place, 'data')}`;
    print(`  npx signalbox task events ${task.id} ${data}     every event and what it did`);
    print(`  npx signalbox task replay ${task.id} --verify ${data}     the log leads to the state, byte for byte`);
    print(`  git -C ${repository} log -p main     what was merged`);
  } else {
    print('  npx signalbox demo --keep          keeps the repository and the event log to look at');
  }
  print(`  npx signalbox run --repo PATH --title "…" --agent 'sh my-agent.sh'     the same with your own agent`);
  print('  npx signalbox pipeline check       the proof that no task can pass a gate by');
}
