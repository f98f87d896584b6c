/** `signalbox run`: one task in a local repository, in the foreground. */
import { announced } from '../client/announced.ts';
import type { LocalSignalbox, Planned } from '../client/local.ts';
import type { InputOf, OutputOf } from '../client/signalbox.ts';
import { isBecause, messageOf, SignalboxError } from '../domain/errors.ts';
import { checkId } from '../domain/names.ts';
import type { TaskView, Working } from '../service/working.ts';
import { askPerson, type Decision } from './ask-person.ts';
import { goOn } from './attended.ts';
import { type CommonOptions, hintFor, type OwnCommand, openData } from './command.ts';
import { codeOf, isHeldByPerson } from './ending.ts';
import { collect, type Values } from './flags.ts';
import { interruptHere, openForeground } from './foreground.ts';
import { interruption } from './interruption.ts';
import { colors, exitCodes, harmless, note, print, printJsonLine, warn } from './output.ts';
import { endsOf } from './output-end.ts';
import { createProgress, type Progress } from './progress.ts';
import { showEnd, usualMoves, whereTheWorkIs } from './task-show.ts';
import { lookIn } from './used-by.ts';
import { workItem } from './work-item.ts';

interface RunOptions extends CommonOptions {
  repo?: string;
  project?: string;
  title?: string;
  body?: string;
  bodyFile?: string;
  pipeline?: string;
  agent?: string;
  agentEnv?: string[];
  target?: string;
  priority?: string;
  approveAll?: boolean;
  dryRun?: boolean;
  id?: string;
}

export const run: OwnCommand = {
  description: 'take one task through the pipeline in a local repository; run again with the same --id to resume it',
  extra: command =>
    command
      .option('--repo <path>', 'the git repository (the one in which you stand)')
      .option('--project <name>', 'a project of the configuration, instead of --repo')
      .option('--title <text>', 'what is wanted, in a few words')
      .option('--body <text>', 'the work item in full')
      .option('--body-file <file>', 'the same from a file; - reads standard input')
      .option('--pipeline <name-or-file>', 'default, or a .yaml, .json or .ts file')
      .option(
        '--agent <name-or-command>',
        "claude, codex, gemini, opencode, aider, one of the configuration, or a command such as 'sh my-agent.sh'",
      )
      .option('--agent-env <name>', 'an environment variable that the agent may see (repeat for more)', collect, [])
      .option('--target <branch>', 'the branch to merge into (the one that is checked out)')
      .option('--priority <1-10>', '1 is the most urgent')
      .option('--approve-all', 'approve what a person has to approve; also a repository without tests')
      .option('--dry-run', 'say what would happen, step by step, and make nothing')
      .option('--id <id>', 'the id of the task, such as ET-003')
      .addHelpText(
        'after',
        '\nExit codes: 0 merged and done, 1 failed or blocked, 2 bad usage, 3 a person is needed, 130 interrupted.',
      ),
  examples: [
    'signalbox run --title "Fix the rounding in totals" --agent claude --agent-env ANTHROPIC_API_KEY',
    `signalbox run --repo ../shop --title "Fix the rounding in totals" --agent 'sh my-agent.sh'`,
    'signalbox run --project shop --id ET-003 --title "Add a health route" --approve-all     # agents from the configuration',
    'signalbox run --repo ../shop --id ET-003        # takes it up again after Ctrl-C, a crash or an approval',
  ],
  run: options => work(options as RunOptions),
};

async function work(options: RunOptions): Promise<number> {
  const local = await openData(options);
  const start = await prepare(local, options);
  if (options.dryRun) return walkDry(start, options);
  const listeners = new Set<() => void>();
  let progress: Progress | undefined;
  const working = await openForeground(local, entry => {
    progress?.onEntry(entry);
    for (const listener of listeners) listener();
  });
  process.exitCode = exitCodes.failed;
  const interrupted = interruption();
  try {
    const task = 'planned' in start ? await working.begin(start.planned) : start.existing;
    introduce(task, 'planned' in start, options);
    if ('planned' in start && !options.json)
      for (const line of await announced(start.planned)) print(colors.dim(harmless(`  ${line}`)));
    progress = createProgress({
      task,
      follow: working.activity,
      look: lookIn(working),
      isJson: Boolean(options.json),
    });
    await mentionOthers(working, task.id);
    const changed = () => new Promise<void>(resolve => listeners.add(once(listeners, resolve)));
    const driven = drive({ working, id: task.id, options, progress, changed });
    const last = await Promise.race([driven, interrupted.happened]);
    await working.caughtUp();
    progress.stop();
    if (last === undefined) return await interruptHere(working, goOn(task, hintFor(options)));
    return await conclude(working, last, options);
  } finally {
    progress?.stop();
    // This data directory may have other agents at work: none stays behind without a watchdog.
    await working.interrupt('signalbox run').catch(error => warn(messageOf(error)));
    interrupted.forget();
    await working.close();
  }
}

/** Of a task that is there already it is known what happens: that is another question. */
async function walkDry(start: Start, options: RunOptions): Promise<number> {
  if (!('planned' in start)) {
    const why = `${start.existing.id} has begun; --dry-run walks through what has not.`;
    throw new SignalboxError('invalid', 'badUsage', why, {
      remedy: { say: 'look what an event would do', operation: 'task.whatIf', input: { taskId: start.existing.id } },
    });
  }
  const [{ dryRunOfPlan }, { showDryRun }] = await Promise.all([
    import('../client/dry-run.ts'),
    import('./dry-run.ts'),
  ]);
  const found = dryRunOfPlan(start.planned);
  if (options.json) printJsonLine(found);
  else showDryRun(found, await announced(start.planned));
  return found.isDone ? exitCodes.done : exitCodes.failed;
}

type TaskInFull = OutputOf<'task.show'>;
type Start = { existing: TaskView } | { planned: Planned };

/** Everything that can be wrong, before anything is created or begun. */
async function prepare(local: LocalSignalbox, options: RunOptions): Promise<Start> {
  const { id, title } = options;
  if (id !== undefined) checkId(id, 'The id');
  for (const warning of (await local.here.configuration()).warnings) warn(warning);
  const existing = id === undefined ? undefined : await find(local, id);
  if (existing === undefined) {
    if (id !== undefined && title === undefined) throw titleMissing(id);
    const planned = await local.plan('task.add', orderOf(options));
    mentionUnset(options.agentEnv ?? []);
    return { planned };
  }
  // Whether it could still be worked on there, with what was named now.
  const place = options.project === undefined ? { repo: existing.repository } : {};
  const order = orderOf({ ...place, ...options, title: existing.title, id: undefined });
  const { plan } = await local.plan('task.add', { ...order, agent: options.agent ?? 'claude', tryPrograms: false });
  const { repository } = plan as { repository: string };
  if (repository !== existing.repository) {
    const why = `${existing.id} works in ${existing.repository}, not in ${repository}.`;
    throw new SignalboxError('invalid', 'otherRepository', why);
  }
  return { existing };
}

/** The order for a new task. */
function orderOf(options: RunOptions): InputOf<'task.add'> {
  const { repo, project, title, body, pipeline, agent, agentEnv, target, priority, id } = options;
  const given: Values = { repository: repo, project, title, body, pipeline, agent, agentEnv, target, id };
  const number = priority === undefined ? undefined : Number(priority);
  const order = workItem({ ...given, title: title ?? '', priority: number, tryPrograms: true }, options as Values);
  return Object.fromEntries(Object.entries(order).filter(([, value]) => value !== undefined)) as InputOf<'task.add'>;
}

/** Looks without owning anything: a task that exists is resumed, and nothing is made to find that out. */
async function find(local: LocalSignalbox, taskId: string): Promise<TaskView | undefined> {
  try {
    return await local.ask('task.show', { taskId });
  } catch (error) {
    if (isBecause(error, 'noTask') || isBecause(error, 'noData')) return undefined;
    throw error;
  }
}

const titleMissing = (id: string) =>
  new SignalboxError('not_found', 'titleMissing', `There is no task ${id} to resume.`, {
    remedy: { say: 'say what is wanted, to begin it,', field: 'title' },
  });

/** A variable that is not set reaches nobody: an agent that cannot log in costs an attempt to find out. */
function mentionUnset(names: readonly string[]): void {
  const unset = names.filter(name => process.env[name] === undefined);
  if (unset.length > 0) note(`warning: --agent-env ${unset.join(', ')} is not set here; the agent goes without it`);
}

function introduce(task: TaskView, isNew: boolean, options: RunOptions): void {
  if (!options.json) {
    const verb = isNew ? 'begins' : 'goes on';
    print(
      `${colors.bold(harmless(`${task.id}: ${task.title}`))} ${verb} in ${task.repository} (merges into ${task.target})`,
    );
  }
  if (isNew) return;
  // What a task began with it keeps.
  const given = (['title', 'agent', 'body', 'bodyFile', 'pipeline', 'target', 'priority'] as const).filter(
    name => options[name] !== undefined,
  );
  const names = given.map(name => `--${name === 'bodyFile' ? 'body-file' : name}`);
  if (names.length > 0)
    note(`note: ${task.id} exists and keeps what it began with; ${names.join(', ')} changed nothing`);
}

async function mentionOthers(working: Working, id: string): Promise<void> {
  const { items } = await working.ask('task.list', { standing: 'working' });
  const others = items.map(task => task.id).filter(other => other !== id);
  if (others.length > 0) note(`note: this run also resumes ${others.join(', ')}`);
}

interface Drive {
  working: Working;
  id: string;
  options: RunOptions;
  progress: Progress;
  changed(): Promise<void>;
}

/** Waits until the task has ended or needs a person who is not here; asks the person who is. */
async function drive({ working, id, options, progress, changed }: Drive): Promise<TaskInFull> {
  let told: string | undefined;
  for (;;) {
    const next = changed();
    const task = await working.ask('task.show', { taskId: id });
    const reason = task.waits?.isHeld ? task.waits : undefined;
    if (reason !== undefined && reason.why !== told) progress.say(`waits: ${reason.why}`);
    // Told once for each wait, also when it is looked into again and again meanwhile.
    told = reason?.why ?? (task.runs.some(({ status }) => status === 'running') ? undefined : told);
    // Only a person moves it on, and not from here.
    if (reason?.remedy != null) return task;
    if (task.standing === 'working') {
      await next;
      continue;
    }
    const decision = task.standing === 'person' ? await decisionOn(working, task, options, progress) : undefined;
    if (decision === undefined) return task;
    const { outcome, reason: why } = await carryOut(working, id, decision);
    if (outcome === 'applied') continue;
    if (options.approveAll) return task;
    note(`That changed nothing: ${why ?? outcome}.`);
  }
}

type Decided = Decision & { isStanding?: boolean };

async function decisionOn(
  working: Working,
  task: TaskView,
  options: RunOptions,
  progress: Progress,
): Promise<Decided | undefined> {
  if (options.approveAll && task.tags.includes('routine')) {
    return { operation: 'task.approve', fields: {}, isStanding: true };
  }
  return options.json ? undefined : askPerson(working, task, progress);
}

function carryOut(working: Working, taskId: string, { operation, fields, isStanding }: Decided) {
  const by = isStanding ? working.as('--approve-all') : working;
  return by.ask(operation, { taskId, ...fields } as never) as ReturnType<typeof working.ask<'task.approve'>>;
}

async function conclude(working: Working, task: TaskInFull, options: RunOptions): Promise<number> {
  const { id, standing, state, why } = task;
  if (options.json) printJsonLine(isHeldByPerson(task) ? { ...task, standing: 'paused' } : task);
  else {
    const hint = hintFor(options);
    const moves = usualMoves(task, hint);
    print(`\n${standing === 'done' ? colors.green('✓') : colors.yellow('•')} ${id} is ${state}: ${harmless(why)}`);
    if (standing === 'done' && task.merged === null) print(`    ${whereTheWorkIs(task)}`);
    for (const end of await endsOf(working, task, task.runs, hint)) showEnd(end);
    for (const { command, does } of moves) print(`    ${command}   ${colors.dim(does)}`);
    if (moves.length > 0) print(`    then: ${goOn(task, hint)}`);
  }
  return codeOf(task);
}

function once(listeners: Set<() => void>, resolve: () => void): () => void {
  const listener = () => {
    listeners.delete(listener);
    resolve();
  };
  return listener;
}
