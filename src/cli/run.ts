/** `signalbox run`: one task in a local repository, in the foreground. */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command, InvalidArgumentError } from 'commander';
import { dataPaths, openApp } from '../app.ts';
import { findPipeline } from '../commands/pipelines.ts';
import { checkAgent, checkRepository, readBody } from '../commands/preflight.ts';
import { interruptAll } from '../commands/shutdown.ts';
import { branchOf, checkBranchIsFree, createTasks, type Tasks, type TaskView } from '../commands/tasks.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkId, checkTitle } from '../domain/names.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { actor, type CommonOptions, withApp, withCommonOptions } from './command.ts';
import { colors, exitCodes, harmless, note, print, printJsonLine, warn } from './output.ts';
import { createProgress, type Progress } from './progress.ts';

interface RunOptions extends CommonOptions {
  repo: string;
  title?: string;
  bodyFile?: string;
  pipeline?: string;
  agent?: string;
  agentEnv: string[];
  target?: string;
  priority: number;
  approveAll?: boolean;
  id?: string;
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('take one task through the pipeline in a local repository; run again with the same --id to resume it')
    .requiredOption('--repo <path>', 'the git repository')
    .option('--title <text>', 'what is wanted, in a few words')
    .option('--body-file <file>', 'the work item in full')
    .option('--pipeline <name-or-file>', 'default, or a .yaml, .json or .ts file')
    .option('--agent <command>', "the program that plays the agent, for example 'sh my-agent.sh'")
    .option('--agent-env <name>', 'an environment variable that the agent may see (repeat for more)', collect, [])
    .option('--target <branch>', 'the branch to merge into (the one that is checked out)')
    .option('--priority <1-10>', '1 is the most urgent', parsePriority, 5)
    .option('--approve-all', 'approve what a person has to approve; also a repository without tests')
    .option('--id <id>', 'the id of the task, such as ET-003')
    .action(async (options: RunOptions) => {
      process.exitCode = await run(options);
    });
  return withCommonOptions(command).addHelpText(
    'after',
    `
Examples:
  $ signalbox run --repo . --title "Fix the rounding in totals" --agent 'sh my-agent.sh'
  $ signalbox run --repo ../shop --id ET-003 --title "Add a health route" --agent ./agent --approve-all
  $ signalbox run --repo ../shop --id ET-003        # takes it up again after Ctrl-C, a crash or an approval

Exit codes: 0 merged and done, 1 failed or blocked, 2 bad usage, 3 a person is needed, 130 interrupted.`,
  );
}

/** Gathers an option that may be given more than once. */
export const collect = (value: string, before: string[]) => [...before, value];

export function parsePriority(value: string): number {
  const priority = Number(value);
  if (Number.isInteger(priority) && priority >= 1 && priority <= 10) return priority;
  throw new InvalidArgumentError('give a whole number from 1 (most urgent) to 10.');
}

async function run(options: RunOptions): Promise<number> {
  const plan = await preflight(options);
  const listeners = new Set<() => void>();
  let progress: Progress | undefined;
  const app = await openApp({
    dataDir: options.data,
    mode: 'work',
    observer: {
      onTransition(transition) {
        progress?.onTransition(transition);
        for (const listener of listeners) listener();
      },
      onDeadLetter: ({ actorId, type, error }) => warn(`${type} of ${actorId} waits for a person: ${error}`),
      onFault(error) {
        warn((error as Error).message);
        // Whoever has taken over goes on with everything, agents included.
        if (error instanceof SignalboxError && error.code === 'fenced') process.exit(exitCodes.failed);
      },
    },
    onOrphans: orphans => {
      for (const { runId, processes } of orphans) note(`note: ended ${processes} process(es) left behind by ${runId}`);
    },
  });
  const interrupted = interruption();
  try {
    const tasks = createTasks(app);
    const task = plan.existing ?? (await begin(tasks, options, plan));
    const isJson = Boolean(options.json);
    if (!isJson) {
      const verb = plan.existing === undefined ? 'begins' : 'goes on';
      print(`${colors.bold(`${task.id}: ${task.title}`)} ${verb} in ${task.repository} (merges into ${task.target})`);
    }
    progress = createProgress({ taskId: task.id, state: task.state, runsDir: app.paths.runsDir, isJson });
    if (plan.existing !== undefined) mentionUnused(task.id, options);
    await mentionOthers(tasks, task.id);
    const changed = () => new Promise<void>(resolve => listeners.add(once(listeners, resolve)));
    const last = await Promise.race([drive({ tasks, id: task.id, options, progress, changed }), interrupted.happened]);
    progress.stop();
    if (last === undefined) {
      note(`Interrupting: agents are stopped after a checkpoint (Ctrl-C again to leave at once) …`);
      await interruptAll(app, actor());
      note(`Interrupted. To go on: signalbox run --repo ${task.repository} --id ${task.id}${dataHint(options)}`);
      return exitCodes.interrupted;
    }
    return conclude(last, options);
  } finally {
    progress?.stop();
    // This data directory may have other agents at work: none stays behind without a watchdog.
    await interruptAll(app, 'signalbox run').catch(error => warn((error as Error).message));
    interrupted.forget();
    await app.close();
  }
}

interface Plan {
  repository: string;
  target: string;
  pipeline: Pipeline;
  body: string;
  existing: TaskView | undefined;
}

/** Everything that can be wrong, before anything is created or begun. */
async function preflight(options: RunOptions): Promise<Plan> {
  const { id, title, agent } = options;
  if (id !== undefined) checkId(id, 'The id');
  const pipeline = await findPipeline(options.pipeline ?? defaultPipeline.name);
  const { repository, target } = await checkRepository(options.repo, options.target);
  const body = options.bodyFile === undefined ? '' : readBody(options.bodyFile);
  if (agent !== undefined) checkAgent(agent, options.agentEnv);
  const existing = id === undefined ? undefined : await findTask(options.data, id);
  if (existing === undefined) {
    if (title === undefined) {
      const which = id === undefined ? 'Say' : `There is no task ${id} to resume; to begin it, say`;
      throw new SignalboxError('not_found', `${which} what is wanted with --title, or which task to resume with --id.`);
    }
    checkTitle(title);
    if (agent === undefined) throw noAgent();
    if (id !== undefined) await checkBranchIsFree(repository, branchOf(id, title));
  }
  return { repository, target, pipeline, body, existing };
}

/** Looks without owning anything: a task that exists is resumed, and nothing is made to find that out. */
async function findTask(data: string, id: string): Promise<TaskView | undefined> {
  if (!existsSync(dataPaths(data).database)) return undefined;
  return withApp({ data, mode: 'read' }, app => createTasks(app).find(id));
}

function noAgent(): SignalboxError {
  const example = `--agent 'sh my-agent.sh'`;
  return new SignalboxError('invalid', `Say which program plays the agent, for example ${example}.`);
}

function begin(tasks: Tasks, options: RunOptions, { repository, target, pipeline, body }: Plan): Promise<TaskView> {
  const { id, title = '', priority } = options;
  const agent = checkAgent(options.agent ?? '', options.agentEnv);
  return tasks.add({ ...(id !== undefined && { id }), title, priority, agent, repository, target, pipeline, body });
}

interface Drive {
  tasks: Tasks;
  id: string;
  options: RunOptions;
  progress: Progress;
  changed(): Promise<void>;
}

/** Waits until the task has ended or needs a person who is not here; asks the person who is. */
async function drive({ tasks, id, options, progress, changed }: Drive): Promise<TaskView> {
  for (;;) {
    const next = changed();
    const task = await tasks.show(id);
    if (task.standing !== 'working') {
      const answer = task.standing === 'person' ? await askPerson(task, options, progress) : undefined;
      if (answer === undefined) return task;
      const { outcome, reason } = await tasks.send(id, answer.type, answer.data, answer.by);
      if (outcome !== 'applied') {
        if (options.approveAll) return task;
        note(`That changed nothing: ${reason ?? outcome}.`);
      }
      continue;
    }
    await next;
  }
}

interface Answer {
  type: string;
  data: Record<string, string>;
  by: string;
}

async function askPerson(task: TaskView, options: RunOptions, progress: Progress): Promise<Answer | undefined> {
  if (options.approveAll && isForApproval(task)) {
    return { type: 'task.approve', data: {}, by: '--approve-all' };
  }
  if (options.json || !process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  const goOn = progress.pause();
  const by = actor();
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<undefined>(resolve => terminal.once('close', () => resolve(undefined)));
  const ask = (question: string) => Promise.race([terminal.question(question), closed]);
  // The terminal takes Ctrl-C while it asks: pass it on.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    print(`\n${colors.yellow('?')} ${harmless(task.why)}`);
    if (task.state.endsWith('awaitingAnswer')) {
      print(`\n${harmless(task.questions ?? '')}\n`);
      const text = (await ask('Your answer (empty to leave it for later): '))?.trim();
      return text ? { type: 'task.answer', data: { text }, by } : undefined;
    }
    print(`  Look at it in ${task.branch}: git -C ${task.repository} log --stat ${task.target}..${task.branch}`);
    const mayApprove = task.moves.some(({ command }) => command.includes(' approve '));
    const choices = mayApprove
      ? 'Approve? [y]es, [n]o, [r]etry, [l]ater: '
      : '[r]etry, send back with a [n]ote, [l]ater: ';
    const word = (await ask(choices))?.trim().toLowerCase() ?? '';
    if (mayApprove && word.startsWith('y')) return { type: 'task.approve', data: {}, by };
    if (word.startsWith('r')) return { type: 'task.retry', data: {}, by };
    if (!word.startsWith('n')) return undefined;
    const reason = (await ask('Why not? '))?.trim();
    return reason ? { type: 'task.reject', data: { reason }, by } : undefined;
  } finally {
    terminal.close();
    goOn();
  }
}

/**
 * What a standing approval stands for: approvals, and a repository that has no tests to run. A review, a report or a
 * record that was not given is another matter.
 */
function isForApproval(task: TaskView): boolean {
  if (task.state.endsWith('awaitingApproval')) return true;
  const open = Object.values(task.verdicts).filter(({ stage, verdict }) => stage === task.stage && verdict !== 'pass');
  return task.state.endsWith('awaitingDecision') && open.length > 0 && open.every(({ isAbsent }) => isAbsent);
}

function conclude(task: TaskView, options: RunOptions): number {
  if (options.json) printJsonLine(task);
  else {
    const mark = task.standing === 'done' ? colors.green('✓') : colors.yellow('•');
    print(`\n${mark} ${task.id} is ${task.state}: ${harmless(task.why)}`);
    for (const { command, does } of task.moves) print(`    ${command}${dataHint(options)}   ${colors.dim(does)}`);
    if (task.moves.length > 0) {
      print(`    then: signalbox run --repo ${task.repository} --id ${task.id}${dataHint(options)}`);
    }
  }
  if (task.standing === 'done') return exitCodes.done;
  return task.standing === 'person' || task.standing === 'paused' ? exitCodes.personNeeded : exitCodes.failed;
}

function dataHint({ data }: RunOptions): string {
  return data === '.signalbox' || data === process.env.SIGNALBOX_DATA ? '' : ` --data ${data}`;
}

/** What a task began with it keeps. */
function mentionUnused(id: string, options: RunOptions): void {
  const given = (['title', 'agent', 'bodyFile', 'pipeline', 'target'] as const).filter(
    name => options[name] !== undefined,
  );
  const names = given.map(name => `--${name === 'bodyFile' ? 'body-file' : name}`);
  if (names.length > 0) note(`note: ${id} exists and keeps what it began with; ${names.join(', ')} changed nothing`);
}

async function mentionOthers(tasks: Tasks, id: string): Promise<void> {
  const others = (await tasks.list()).filter(task => task.id !== id && task.standing === 'working');
  if (others.length > 0) note(`note: this data directory also goes on with ${others.map(task => task.id).join(', ')}`);
}

function once(listeners: Set<() => void>, resolve: () => void): () => void {
  const listener = () => {
    listeners.delete(listener);
    resolve();
  };
  return listener;
}

/** The first Ctrl-C or SIGTERM asks for a clean stop; the second leaves at once, and agents are adopted next time. */
export function interruption(): { happened: Promise<undefined>; forget(): void } {
  let resolve = (_value: undefined) => {};
  const happened = new Promise<undefined>(done => {
    resolve = done;
  });
  let count = 0;
  const onSignal = () => {
    count += 1;
    if (count > 1) process.exit(exitCodes.interrupted);
    resolve(undefined);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  return {
    happened,
    forget() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onSignal);
    },
  };
}
