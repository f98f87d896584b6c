/** `signalbox task …`: looking at tasks and moving them on. */
import { Command } from 'commander';
import { findPipeline } from '../commands/pipelines.ts';
import { readBody } from '../commands/preflight.ts';
import { findRepository, setupFor } from '../commands/setup.ts';
import { createTasks, type SentEvent, type TaskView } from '../commands/tasks.ts';
import { formatAmount } from '../domain/budget.ts';
import { formatDuration } from '../domain/duration.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { checkId, checkTitle } from '../domain/names.ts';
import { actor, type CommonOptions, configured, withApp, withCommonOptions } from './command.ts';
import { clockTime, colors, exitCodes, harmless, print, printJson, printJsonLine, table } from './output.ts';
import { collect, parsePriority } from './run.ts';

export function taskCommand(): Command {
  const task = new Command('task').description('look at tasks and move them on');
  const add = (command: Command) => task.addCommand(withCommonOptions(command));

  add(
    new Command('list')
      .description('all tasks, with what each waits for')
      .option('--state <state>', 'only those in this state or below it, such as development or development.gating')
      .action((options: CommonOptions & { state?: string }) => list(options)),
  );
  add(new Command('show').argument('<id>').description('one task in full').action(show));
  add(
    new Command('add')
      .description('make a task without working on it; "signalbox run --id" takes it up')
      .option('--repo <path>', 'the git repository')
      .option('--project <name>', 'a project of the configuration, instead of --repo')
      .requiredOption('--title <text>', 'what is wanted, in a few words')
      .option('--agent <name-or-command>', 'an agent of the configuration, a built-in one, or a command')
      .option('--agent-env <name>', 'an environment variable that the agent may see', collect, [])
      .option('--body-file <file>', 'the work item in full')
      .option('--pipeline <file>', 'a pipeline of your own')
      .option('--target <branch>', 'the branch to merge into')
      .option('--priority <1-10>', '1 is the most urgent', parsePriority)
      .option('--id <id>', 'the id of the task')
      .action(addTask),
  );
  add(new Command('events').argument('<id>').description('the log of a task, oldest first').action(events));
  task.addCommand(sendCommand());
  const verb = (name: string, description: string) => add(verbCommand(name, description));
  verb('approve', 'let a task pass what a person has to approve');
  add(
    new Command('retry')
      .argument('<id>')
      .description('run the stage again, with what the configuration says of its agents now')
      .action(retry),
  );
  verb('pause', 'let the agent finish, then hold the task');
  verb('resume', 'go on with a paused task');
  add(
    new Command('reject')
      .argument('<id>')
      .requiredOption('--reason <text>', 'what is wrong; the next agent reads it')
      .description('send a task back')
      .action((id: string, options: CommonOptions & { reason: string }) =>
        send(id, 'task.reject', { reason: options.reason }, options),
      ),
  );
  add(
    new Command('answer')
      .argument('<id>')
      .requiredOption('--text <text>', 'the answer to the questions of the agent')
      .description("answer an agent's questions")
      .action((id: string, options: CommonOptions & { text: string }) =>
        send(id, 'task.answer', { text: options.text }, options),
      ),
  );
  add(
    new Command('move')
      .argument('<id>')
      .argument('<stage>')
      .description('go on from another stage; gates are not passed by it')
      .action((id: string, stage: string, options: CommonOptions) => send(id, 'task.move', { stage }, options)),
  );
  add(
    new Command('cancel')
      .argument('<id>')
      .description('end a task: its agent is stopped, its branch stays')
      .action(cancel),
  );
  add(
    new Command('replay')
      .argument('<id>')
      .description('rebuild the snapshot of a task from its log')
      .option('--at <seq>', 'as of this entry of the log', Number)
      .option('--verify', 'exit 1 when it is not the stored one')
      .action(replay),
  );
  return task.addHelpText(
    'after',
    `
Examples:
  $ signalbox task list
  $ signalbox task show ET-003
  $ signalbox task approve ET-003
  $ signalbox task reject ET-003 --reason "The plan leaves out the API"
  $ signalbox task replay ET-003 --verify`,
  );
}

/** Here `--data` is the event's fields, as the interface has it; a value that is no JSON object names the directory. */
function sendCommand(): Command {
  return new Command('send')
    .argument('<id>')
    .argument('<event>', 'such as task.approve or task.move')
    .description('send an event with its fields as JSON')
    .option('--data <json-or-dir>', 'fields such as \'{"stage":"review"}\'; or the data directory', collect, [])
    .option('--json', 'print JSON and nothing else')
    .addHelpText(
      'after',
      '\nExamples:\n  $ signalbox task send ET-003 task.approve\n  $ signalbox task send ET-003 task.move --data \'{"stage":"review"}\'',
    )
    .action((id: string, event: string, { data, json }: { data: string[]; json?: boolean }) => {
      const fields = data.find(value => value.trimStart().startsWith('{')) ?? '{}';
      const directory = data.find(value => value !== fields);
      return send(id, event, parseData(fields), { ...(directory && { data: directory }), ...(json && { json }) });
    });
}

async function retry(id: string, { json, ...place }: CommonOptions): Promise<void> {
  // A configuration that is broken mends nothing.
  const agents = await configured(place).then(
    ({ config }) => config.agents,
    () => ({}),
  );
  const { receipt, task } = await withApp({ ...place, mode: 'commit', creates: false }, async app => {
    const tasks = createTasks(app);
    const sent = await tasks.retry(id, actor(), agents);
    return { receipt: sent, task: await tasks.show(id) };
  });
  reportSent('task.retry', receipt, task, json);
}

function verbCommand(name: string, description: string): Command {
  return new Command(name)
    .argument('<id>')
    .description(description)
    .action((id: string, options: CommonOptions) => send(id, `task.${name}`, {}, options));
}

async function list({ json, state, ...place }: CommonOptions & { state?: string }): Promise<void> {
  const tasks = await withApp({ ...place, mode: 'read' }, app => createTasks(app).list({ ...(state && { state }) }));
  if (json) return printJson({ items: tasks });
  if (tasks.length === 0) return print('There are no tasks.');
  print(
    table(
      ['TASK', 'STATE', 'TITLE', 'WHY'],
      tasks.map(({ id, state: at, title, why }) => [id, at, cut(title), why]),
    ),
  );
}

/** Tokens and money in a line. */
function usageOf({ spent, usage }: TaskView): string {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, costUsd } = usage;
  if (spent.tokens === 0) return 'no tokens reported';
  const kinds = [
    `${inputTokens.toLocaleString('en-US')} in`,
    `${cachedInputTokens.toLocaleString('en-US')} cached`,
    `${cacheWriteTokens.toLocaleString('en-US')} written to the cache`,
    `${outputTokens.toLocaleString('en-US')} out`,
  ];
  return `${formatAmount('tokens', spent.tokens)} (${kinds.join(', ')})${costUsd === null ? '' : `, ${formatAmount('moneyUsd', costUsd)}`}`;
}

const cut = (text: string) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

async function show(id: string, { json, ...place }: CommonOptions): Promise<void> {
  const task = await withApp({ ...place, mode: 'read' }, app => createTasks(app).show(id));
  if (json) return printJson(task);
  print(`${colors.bold(`${task.id}: ${task.title}`)}`);
  const facts: [string, string][] = [
    ['state', task.state],
    ['why', task.why],
    ['project', `${task.project} (${task.repository})`],
    ['branch', `${task.branch} → ${task.target}`],
    [
      'attempts',
      Object.entries(task.attempts)
        .map(([stage, count]) => `${stage} ${count}`)
        .join(', ') || 'none yet',
    ],
    ['worked', `${formatDuration(task.spent.timeMs)} in ${task.spent.sessions} processes`],
    ['used', usageOf(task)],
  ];
  for (const [name, value] of facts) print(`  ${name.padEnd(9)} ${harmless(value)}`);
  for (const verdict of Object.values(task.verdicts)) {
    print(`  gate      ${verdict.gate}: ${verdict.verdict} (${verdict.by}, ${clockTime(verdict.at)})`);
  }
  for (const run of task.runs)
    print(`  run       ${run.agentId}: ${run.status}${run.error ? `, ${harmless(run.error)}` : ''}`);
  for (const { command, does } of task.moves) print(`  next      ${command}   ${colors.dim(does)}`);
}

interface AddOptions extends CommonOptions {
  repo?: string;
  project?: string;
  title: string;
  agent?: string;
  agentEnv: string[];
  bodyFile?: string;
  pipeline?: string;
  target?: string;
  priority?: number;
  id?: string;
}

async function addTask(options: AddOptions): Promise<void> {
  const { config, file } = await configured(options);
  const { repository, target } = await findRepository(config, options);
  const setup = setupFor(config, file !== null, repository, options);
  const body = options.bodyFile === undefined ? '' : readBody(options.bodyFile);
  const pipeline = await findPipeline(setup.pipeline);
  const { id, data, config: configFile } = options;
  const place = { ...(data && { data }), ...(configFile && { config: configFile }) };
  const title = checkTitle(options.title);
  if (id !== undefined) checkId(id, 'The id');
  const task = await withApp({ ...place, mode: 'commit' }, app =>
    createTasks(app).add({
      ...setup,
      ...(id !== undefined && { id }),
      pipeline,
      title,
      body,
      repository,
      target,
    }),
  );
  if (options.json) printJson(task);
  else print(`${task.id} is ready. Work on it with: signalbox run --repo ${repository} --id ${task.id}`);
}

async function events(id: string, { json, ...place }: CommonOptions): Promise<void> {
  await withApp({ ...place, mode: 'read' }, async app => {
    for await (const entry of createTasks(app).events(id)) {
      const { seq, at, type, source, dedupeKey, from, to, outcome, reason, event } = entry;
      const { type: _, ...fields } = event;
      if (json) {
        const time = new Date(at).toISOString();
        printJsonLine({ seq, at: time, type, source, dedupeKey, from, to, outcome, reason, data: fields });
      } else {
        const move = from === to ? to : `${from || '∅'} → ${to}`;
        const by = type.startsWith('task.') ? `  by ${harmless(source)}` : '';
        const why = `${by}${reason === null ? '' : `  ${colors.dim(harmless(reason))}`}`;
        print(`${String(seq).padStart(4)}  ${clockTime(at)}  ${outcome.padEnd(9)}  ${type}  ${colors.dim(move)}${why}`);
      }
    }
  });
}

function parseData(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new SignalboxError('invalid', 'badUsage', `--data must be a JSON object, such as '{"stage":"review"}'.`);
}

async function send(id: string, type: string, data: JsonObject, options: CommonOptions): Promise<void> {
  const { json, data: directory, config } = options;
  const place = { ...(directory && { data: directory }), ...(config && { config }) };
  const { receipt, task } = await withApp({ ...place, mode: 'commit', creates: false }, async app => {
    const tasks = createTasks(app);
    const sent = await tasks.send(id, type, data, actor());
    return { receipt: sent, task: await tasks.show(id) };
  });
  reportSent(type, receipt, task, json);
}

function reportSent(type: string, receipt: SentEvent, task: TaskView, json?: boolean): void {
  const { outcome, reason } = receipt;
  if (json) printJson({ ...receipt, task });
  else if (outcome === 'applied') sayNext(task);
  else print(`${type} changed nothing: ${reason ?? outcome}. ${task.id} is ${task.state}: ${harmless(task.why)}.`);
  if (outcome !== 'applied') process.exitCode = exitCodes.failed;
}

function sayNext(task: TaskView): void {
  print(`${task.id} is now ${task.state}: ${harmless(task.why)}.`);
  if (task.standing === 'working') print(`It goes on with: signalbox run --repo ${task.repository} --id ${task.id}`);
}

/** A cancelled task must not leave an agent at work, so this waits until it is gone. */
async function cancel(id: string, { json, ...place }: CommonOptions): Promise<void> {
  const { receipt, task } = await withApp({ ...place, mode: 'work', creates: false, only: [id] }, async app => {
    const tasks = createTasks(app);
    const sent = await tasks.send(id, 'task.cancel', {}, actor());
    while ((await tasks.row(id)).state.endsWith('cancelling')) await new Promise(resolve => setTimeout(resolve, 50));
    await app.runtime.idle();
    return { receipt: sent, task: await tasks.show(id) };
  });
  if (json) printJson({ ...receipt, task });
  else if (receipt.outcome === 'applied') print(`${id} is ${task.state}; its branch ${task.branch} stays.`);
  else print(`task.cancel changed nothing: ${receipt.reason ?? receipt.outcome}.`);
  if (receipt.outcome !== 'applied') process.exitCode = exitCodes.failed;
}

async function replay(id: string, options: CommonOptions & { at?: number; verify?: boolean }): Promise<void> {
  const { json, at, verify, ...place } = options;
  if (at !== undefined && !Number.isInteger(at))
    throw new SignalboxError('invalid', 'badUsage', '--at needs a whole number.');
  const { replayed, difference } = await withApp({ ...place, mode: 'read' }, async app => {
    await createTasks(app).row(id);
    return {
      replayed: await app.runtime.replay(id, at === undefined ? {} : { at }),
      difference: verify ? await app.runtime.difference(id) : undefined,
    };
  });
  const snapshot: unknown = JSON.parse(replayed.snapshot);
  if (json)
    printJson({
      id,
      seq: replayed.seq,
      state: replayed.state,
      snapshot,
      ...(verify && { difference: difference ?? null }),
    });
  else if (verify) print(difference === undefined ? `${id} replays to its stored snapshot.` : `${id}: ${difference}.`);
  else print(`${id} as of ${replayed.seq}: ${replayed.state}\n${JSON.stringify(snapshot, null, 2)}`);
  if (difference !== undefined) process.exitCode = exitCodes.failed;
}
