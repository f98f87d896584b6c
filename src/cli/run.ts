/** `signalbox run`: one task in a local repository, in the foreground. */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command, InvalidArgumentError } from 'commander';
import { dataPaths } from '../app/data-directory.ts';
import { openApp } from '../app/open.ts';
import { type Agents, createAgents } from '../commands/agents.ts';
import { findPipeline } from '../commands/pipelines.ts';
import { readBody } from '../commands/preflight.ts';
import { checkPrograms, findRepository, type Setup, setupFor } from '../commands/setup.ts';
import { interruptAll } from '../commands/shutdown.ts';
import { branchOf, checkBranchIsFree, createTasks, type Tasks, type TaskView } from '../commands/tasks.ts';
import { watchConfig } from '../config/watch.ts';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { checkId, checkTitle } from '../domain/names.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { actor, type CommonOptions, type Configured, configured, withCommonOptions } from './command.ts';
import { colors, exitCodes, harmless, note, print, printJsonLine, warn } from './output.ts';
import { createProgress, type Progress } from './progress.ts';

interface RunOptions extends CommonOptions {
  repo?: string;
  project?: string;
  title?: string;
  bodyFile?: string;
  pipeline?: string;
  agent?: string;
  agentEnv: string[];
  target?: string;
  priority?: number;
  approveAll?: boolean;
  id?: string;
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('take one task through the pipeline in a local repository; run again with the same --id to resume it')
    .option('--repo <path>', 'the git repository')
    .option('--project <name>', 'a project of the configuration, instead of --repo')
    .option('--title <text>', 'what is wanted, in a few words')
    .option('--body-file <file>', 'the work item in full')
    .option('--pipeline <name-or-file>', 'default, or a .yaml, .json or .ts file')
    .option(
      '--agent <name-or-command>',
      "claude, codex, gemini, opencode, aider, one of the configuration, or a command such as 'sh my-agent.sh'",
    )
    .option('--agent-env <name>', 'an environment variable that the agent may see (repeat for more)', collect, [])
    .option('--target <branch>', 'the branch to merge into (the one that is checked out)')
    .option('--priority <1-10>', '1 is the most urgent', parsePriority)
    .option('--approve-all', 'approve what a person has to approve; also a repository without tests')
    .option('--id <id>', 'the id of the task, such as ET-003')
    .action(async (options: RunOptions) => {
      process.exitCode = await run(options);
    });
  return withCommonOptions(command).addHelpText(
    'after',
    `
Examples:
  $ signalbox run --repo . --title "Fix the rounding in totals" --agent claude --agent-env ANTHROPIC_API_KEY
  $ signalbox run --repo . --title "Fix the rounding in totals" --agent 'sh my-agent.sh'
  $ signalbox run --project shop --id ET-003 --title "Add a health route" --approve-all     # agents from the configuration
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
  const { data, config } = plan.configured;
  const app = await openApp({
    dataDir: data,
    mode: 'work',
    configuration: plan.configured,
    listeners: [
      transition => progress?.onTransition(transition),
      () => {
        for (const listener of listeners) listener();
      },
    ],
    observer: {
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
  const hint = dataHint(options);
  // Whatever it waits for, it waits: no timer of the runtime has to keep the process alive.
  const alive = setInterval(() => {}, 60_000);
  process.exitCode = exitCodes.failed;
  const interrupted = interruption();
  const watching = watchConfig({
    file: options.config,
    cwd: process.cwd(),
    env: process.env,
    current: config,
    onChange(next) {
      note('note: the configuration has changed and is in force; tasks keep the agents that they began with');
      for (const warning of next.warnings) note(`warning: ${harmless(warning)}`);
      app.configure(next).catch(error => warn(messageOf(error)));
    },
    onProblem: problem => note(`warning: the last good configuration stays in force: ${harmless(problem.message)}`),
  });
  try {
    const tasks = createTasks(app);
    const task = plan.existing ?? (await begin(tasks, options, plan));
    const isJson = Boolean(options.json);
    if (!isJson) {
      const verb = plan.existing === undefined ? 'begins' : 'goes on';
      print(`${colors.bold(`${task.id}: ${task.title}`)} ${verb} in ${task.repository} (merges into ${task.target})`);
    }
    const agents = createAgents(app);
    progress = createProgress({ taskId: task.id, state: task.state, follow: agents.follow, isJson });
    if (plan.existing !== undefined) mentionUnused(task.id, options);
    await mentionOthers(tasks, task.id);
    const changed = () => new Promise<void>(resolve => listeners.add(once(listeners, resolve)));
    const driven = drive({ tasks, agents, id: task.id, options, progress, changed });
    const last = await Promise.race([driven, interrupted.happened]);
    progress.stop();
    if (last === undefined) {
      note(`Interrupting: agents are stopped after a checkpoint (Ctrl-C again to leave at once) …`);
      await interruptAll(app, actor());
      note(`Interrupted. To go on: signalbox run --repo ${task.repository} --id ${task.id}${hint}`);
      return exitCodes.interrupted;
    }
    return conclude(last, options, hint);
  } finally {
    clearInterval(alive);
    progress?.stop();
    watching.close();
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
  /** Who works on it; undefined for a task that exists. */
  setup: Setup | undefined;
  body: string;
  existing: TaskView | undefined;
  configured: Configured;
}

/** Everything that can be wrong, before anything is created or begun. */
async function preflight(options: RunOptions): Promise<Plan> {
  const { id, title } = options;
  if (id !== undefined) checkId(id, 'The id');
  const place = await configured(options);
  const { config, file, data } = place;
  for (const warning of place.warnings) note(`warning: ${harmless(warning)}`);
  const existing = id === undefined ? undefined : await findTask(data, id);
  if (id !== undefined && existing === undefined) needTitle(options);
  const found = await findRepository(config, {
    ...options,
    ...(existing !== undefined && options.project === undefined && { repo: options.repo ?? existing.repository }),
  });
  const { repository, target } = found;
  if (existing !== undefined && repository !== existing.repository) {
    throw new SignalboxError(
      'invalid',
      'otherRepository',
      `${existing.id} works in ${existing.repository}, not in ${repository}.`,
    );
  }
  if (existing === undefined) needTitle(options);
  const body = options.bodyFile === undefined ? '' : readBody(options.bodyFile);
  const setup = existing === undefined ? setupFor(config, file !== null, repository, options) : undefined;
  if (options.agent !== undefined && setup === undefined) setupFor(config, true, repository, options);
  const pipeline = await findPipeline(setup?.pipeline ?? options.pipeline ?? defaultPipeline.name);
  if (existing === undefined) {
    if (id !== undefined) await checkBranchIsFree(repository, branchOf(id, title!));
    if (setup !== undefined) await checkPrograms(setup, config.preflight.timeLimitMs);
    mentionUnset(options.agentEnv);
  }
  return { repository, target, pipeline, setup, body, existing, configured: place };
}

/** Throws `not_found` when there is no task to resume and no title to begin one. */
function needTitle({ id, title }: RunOptions): void {
  if (title !== undefined) return void checkTitle(title);
  const which = id === undefined ? 'Say' : `There is no task ${id} to resume; to begin it, say`;
  throw new SignalboxError(
    'not_found',
    'titleMissing',
    `${which} what is wanted with --title, or which task to resume with --id.`,
  );
}

/** Looks without owning anything: a task that exists is resumed, and nothing is made to find that out. */
async function findTask(data: string, id: string): Promise<TaskView | undefined> {
  if (!existsSync(dataPaths(data).database)) return undefined;
  const app = await openApp({ dataDir: data, mode: 'read' });
  try {
    return await createTasks(app).find(id);
  } finally {
    await app.close();
  }
}

/** A variable that is not set reaches nobody: an agent that cannot log in costs an attempt to find out. */
function mentionUnset(names: readonly string[]): void {
  const unset = names.filter(name => process.env[name] === undefined);
  if (unset.length > 0) note(`warning: --agent-env ${unset.join(', ')} is not set here; the agent goes without it`);
}

function begin(tasks: Tasks, { id, title = '' }: RunOptions, plan: Plan): Promise<TaskView> {
  const { setup, repository, target, pipeline, body } = plan;
  return tasks.add({ ...setup!, ...(id !== undefined && { id }), title, repository, target, pipeline, body });
}

interface Drive {
  tasks: Tasks;
  agents: Agents;
  id: string;
  options: RunOptions;
  progress: Progress;
  changed(): Promise<void>;
}

/** Waits until the task has ended or needs a person who is not here; asks the person who is. */
async function drive({ tasks, agents, id, options, progress, changed }: Drive): Promise<TaskView> {
  let told: string | undefined;
  for (;;) {
    const next = changed();
    const task = await tasks.show(id);
    const reason = (await agents.reasons()).find(({ taskId, isHeld }) => isHeld && taskId === id);
    if (reason !== undefined && reason.why !== told) progress.say(`waits: ${reason.why}`);
    // Told once for each wait, also when it is looked into again and again meanwhile.
    told = reason?.why ?? (task.runs.some(run => run.status === 'running') ? undefined : told);
    // Only a person moves it on, and not from here.
    if (reason?.remedy != null) return heldBack(task, reason.why, reason.remedy);
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

function heldBack(task: TaskView, why: string, remedy: string): TaskView {
  return { ...task, standing: 'paused', why, moves: [{ command: remedy, does: 'lets its agent start' }] };
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

function conclude(task: TaskView, options: RunOptions, hint: string): number {
  if (options.json) printJsonLine(task);
  else {
    const mark = task.standing === 'done' ? colors.green('✓') : colors.yellow('•');
    print(`\n${mark} ${task.id} is ${task.state}: ${harmless(task.why)}`);
    for (const { command, does } of task.moves) print(`    ${command}${hint}   ${colors.dim(does)}`);
    if (task.moves.length > 0) {
      print(`    then: signalbox run --repo ${task.repository} --id ${task.id}${hint}`);
    }
  }
  if (task.standing === 'done') return exitCodes.done;
  return task.standing === 'person' || task.standing === 'paused' ? exitCodes.personNeeded : exitCodes.failed;
}

/** The options by which a later command finds the same data. */
function dataHint({ data, config }: RunOptions): string {
  const isUsual = data === undefined || data === '.signalbox';
  return `${isUsual ? '' : ` --data ${data}`}${config === undefined ? '' : ` --config ${config}`}`;
}

/** What a task began with it keeps. */
function mentionUnused(id: string, options: RunOptions): void {
  const given = (['title', 'agent', 'bodyFile', 'pipeline', 'target', 'priority'] as const).filter(
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
