/** `signalbox demo`: the whole pipeline on a real throw-away repository, with an agent that plays from a script. */
import { join } from 'node:path';
import type { Demo } from '../client/demo.ts';
import { formatDuration } from '../domain/duration.ts';
import type { TaskView } from '../service/working.ts';
import { actor, type CommonOptions, type OwnCommand } from './command.ts';
import type { Values } from './flags.ts';
import { interruption } from './interruption.ts';
import { colors, exitCodes, note, print, printJsonLine, warn } from './output.ts';
import { createProgress, type Progress } from './progress.ts';
import { lookIn } from './used-by.ts';

export const demo: OwnCommand = {
  description: 'take a bug through the whole pipeline in a throw-away repository; needs no model and no network',
  isApart: true,
  extra: command =>
    command
      .option('--serve', 'show it in the dashboard, and let you decide')
      .option('--port <n>', 'with --serve: which port (8500)')
      .option('--open', 'with --serve: open the dashboard in a browser')
      .option('--keep', 'keep the repository and the data directory to look at')
      .option('--json', 'print JSON lines and nothing else'),
  async run({ keep = false, json = false, serve = false, ...rest }: Values & CommonOptions) {
    const { makeDemo } = await import('../client/demo.ts');
    const made = await makeDemo();
    try {
      if (serve) {
        const { serveDemo } = await import('./demo-serve.ts');
        const port = rest.port as string | undefined;
        return await serveDemo(made, { isJson: Boolean(json), port, isOpened: Boolean(rest.open) });
      }
      return await play(made, Boolean(keep), json);
    } finally {
      if (keep) note(`Kept in ${made.place}`);
      else made.remove();
    }
  },
};

async function play(made: Demo, keep: boolean, isJson: boolean): Promise<number> {
  const began = performance.now();
  const [{ openLocal }, { openWorking }] = await Promise.all([
    import('../client/local.ts'),
    import('../service/working.ts'),
  ]);
  let progress: Progress | undefined;
  let wake = () => {};
  const place = { cwd: made.place, env: { ...process.env, SIGNALBOX_DATA: '' }, data: made.dataDir, warn };
  const local = openLocal(place, { name: actor(), role: 'admin' });
  const working = await openWorking(
    local,
    { name: 'the demo (in your place)', role: 'admin' },
    {
      note,
      warn,
      onTakenOver: () => process.exit(exitCodes.failed),
      onEntry(entry) {
        progress?.onEntry(entry);
        wake();
      },
    },
  );
  const interrupted = interruption();
  try {
    const task = await working.ask('task.add', made.order);
    if (!isJson) introduce(made);
    progress = createProgress({ task, follow: working.activity, look: lookIn(working), isJson });
    const finish = async (): Promise<TaskView> => {
      for (;;) {
        const changed = new Promise<void>(resolve => {
          wake = resolve;
        });
        const now = await working.ask('task.show', { taskId: task.id });
        if (now.tags.includes('approval')) await working.ask('task.approve', { taskId: task.id });
        else if (now.standing !== 'working') return now;
        else await changed;
      }
    };
    const last = await Promise.race([finish(), interrupted.happened]);
    await working.caughtUp();
    progress.stop();
    if (last === undefined) {
      await working.interrupt(actor());
      return exitCodes.interrupted;
    }
    if (isJson) printJsonLine(last);
    else await summarize(last, made, { keep, tookMs: performance.now() - began });
    return last.standing === 'done' ? exitCodes.done : exitCodes.failed;
  } finally {
    progress?.stop();
    interrupted.forget();
    await working.close();
  }
}

function introduce({ place }: Demo): void {
  print(`${colors.bold('Signalbox demo')}: one bug, six roles, a real git repository in ${place}`);
  print(`${colors.dim('The agent is a script (examples/scripted-agent.sh); everything else is the real thing.')}\n`);
}

async function summarize(task: TaskView, made: Demo, { keep, tookMs }: { keep: boolean; tookMs: number }) {
  const { files, history, changes } = await made.outcome(task.base);
  const indent = (text: string) =>
    text
      .split('\n')
      .map(line => `  ${line}`)
      .join('\n');
  print(`\n${colors.bold('What main holds now')}\n${indent(files)}`);
  print(`\n${colors.bold('How it came there')}\n${indent(history)}`);
  print(`\n${colors.bold('What changed in the code')}\n${indent(changes)}`);
  const runs = Object.values(task.attempts).reduce((sum, count) => sum + count, 0);
  print(
    `\n${task.standing === 'done' ? colors.green('✓') : colors.red('✗')} ${task.id} is ${task.state}: ${runs} agent runs, ` +
      `${task.rework.review ?? 0} change requested and repaired, ${formatDuration(tookMs)}.`,
  );
  print(`\n${colors.bold('Where to look next')}`);
  if (keep) {
    const data = `--data ${join(made.place, 'data')}`;
    print(`  npx signalbox task events ${task.id} ${data}     every event and what it did`);
    print(`  npx signalbox task replay ${task.id} --verify ${data}     the log leads to the state, byte for byte`);
    print(`  git -C ${made.repository} log -p main     what was merged`);
  } else {
    print('  npx signalbox demo --keep          keeps the repository and the event log to look at');
  }
  print(`  npx signalbox run --repo PATH --title "…" --agent 'sh my-agent.sh'     the same with your own agent`);
  print('  npx signalbox pipeline check       the proof that no task can pass a gate by');
}
