/** `signalbox agent …`: runs of agents, their output, and how to end them. */
import { statSync } from 'node:fs';
import { Command } from 'commander';
import { createLogReader } from '../commands/agent-log.ts';
import { type AgentView, copyFrom, createAgents, type KillResult } from '../commands/agents.ts';
import { spawnAgent } from '../commands/spawn.ts';
import { formatAmount } from '../domain/budget.ts';
import { totalTokens } from '../domain/usage.ts';
import { tailLines } from '../host/line-tail.ts';
import { actor, type CommonOptions, configured, withApp, withCommonOptions } from './command.ts';
import { dayTime, exitCodes, harmless, note, print, printJson, table } from './output.ts';

import { collect } from './run.ts';

const followMs = 200;

export function agentCommand(): Command {
  const agent = new Command('agent').description('look at agent runs and end them');
  const add = (command: Command) => agent.addCommand(withCommonOptions(command));
  add(
    new Command('spawn')
      .requiredOption('--task <id>', 'what it is for; part of its id')
      .requiredOption('--type <type>', 'worker, reviewer or tester')
      .requiredOption('--repo <path>', 'the git repository')
      .option('--branch <name>', 'the branch to begin on')
      .option('--gate-profile <name>', 'strict, standard, minimal or custom')
      .option(
        '--gate <script>',
        'a script of the repository as a gate, for the profile custom (repeat for more)',
        collect,
        [],
      )
      .option('--work-item <text>', 'what is to be done (repeat for more)', collect, [])
      .option('--skill <name>', 'what the agent should be good at (repeat for more)', collect, [])
      .description('call an agent for a single piece of work on a branch of its own; nothing is merged')
      .action(spawn),
  );
  add(new Command('list').description('all agent runs').action(list));
  add(new Command('show').argument('<id>').description('one agent run').action(show));
  add(
    new Command('logs')
      .argument('<id>')
      .option('-f, --follow', 'go on as output comes, until the run has ended')
      .option('--raw', 'as the program printed it, byte for byte')
      .description('what an agent has printed')
      .action(logs),
  );
  add(
    new Command('kill')
      .argument('<id>', 'a run, or a task for its newest run')
      .option('--reason <text>', 'why; kept with the run')
      .description('checkpoint the worktree, then end the agent with everything it has started')
      .action(kill),
  );
  add(
    new Command('kill-all')
      .option('--reason <text>', 'why; kept with each run')
      .description('the same for every run')
      .action(killAll),
  );
  return agent.addHelpText(
    'after',
    `
Examples:
  $ signalbox agent list
  $ signalbox agent logs ET-003.development.14 -f
  $ signalbox agent kill ET-003.development.14`,
  );
}

async function list({ json, ...place }: CommonOptions): Promise<void> {
  const runs = await withApp({ ...place, mode: 'read' }, app => createAgents(app).list());
  if (json) return printJson({ items: runs });
  if (runs.length === 0) return print('No agent has run yet.');
  const rows = runs.map(run => [
    run.agentId,
    wordFor(run),
    run.agent,
    dayTime(run.spawnedAt),
    usedBy(run),
    run.why ?? run.error ?? run.activity,
  ]);
  print(table(['RUN', 'STATUS', 'AGENT', 'SINCE', 'USED', 'NOTE'], rows));
}

/** The status in the interface's words, and what it waits for where they leave that open. */
function wordFor({ status, state }: AgentView): string {
  return status === 'spawning' && state !== 'queued'
    ? `${status} (${state})`
    : status === 'spawning'
      ? 'queued'
      : status;
}

function usedBy({ usage }: AgentView): string {
  const tokens = totalTokens(usage);
  const cost = usage.costUsd === null ? '' : formatAmount('moneyUsd', usage.costUsd);
  return tokens === 0 ? cost : `${formatAmount('tokens', tokens)}${cost === '' ? '' : `, ${cost}`}`;
}

async function show(id: string, { json, ...place }: CommonOptions): Promise<void> {
  const run = await withApp({ ...place, mode: 'read' }, app => createAgents(app).show(id));
  if (json) return printJson(run);
  for (const [name, value] of Object.entries({ ...run, usage: usedBy(run) || 'nothing reported' }))
    if (value !== null && value !== '') print(`  ${name.padEnd(12)} ${harmless(String(value))}`);
}

interface LogOptions extends CommonOptions {
  follow?: boolean;
  raw?: boolean;
}

async function logs(id: string, { json, follow, raw, ...place }: LogOptions): Promise<void> {
  await withApp({ ...place, mode: 'read' }, async app => {
    const agents = createAgents(app);
    if (json) return printJson({ agentId: id, files: await agents.logFiles(id) });
    const { kind } = await agents.show(id);
    const shown = new Map<string, LogPrinter>();
    for (;;) {
      // Asked first: what is written between the two is shown in the next round.
      const { completedAt } = await agents.show(id);
      for (const file of await agents.logFiles(id)) {
        if (!shown.has(file)) shown.set(file, raw ? rawPrinter(file) : readablePrinter(file, kind));
        await shown.get(file)!.print();
      }
      if (!follow || completedAt !== undefined) {
        for (const printer of shown.values()) await printer.finish();
        return undefined;
      }
      await new Promise(resolve => setTimeout(resolve, followMs));
    }
  });
}

/** Prints what is new in a log file. */
interface LogPrinter {
  print(): Promise<void>;
  finish(): Promise<void>;
}

function rawPrinter(file: string): LogPrinter {
  let position = 0;
  return {
    async print() {
      if (statSync(file).size > position) position = await copyFrom(file, position, process.stdout);
    },
    async finish() {},
  };
}

/** Control characters of the agent's never reach the terminal: they could say something else than the agent did. */
function readablePrinter(file: string, kind: AgentView['kind']): LogPrinter {
  const read = file.endsWith('error.log') ? (line: string) => [line] : createLogReader(kind);
  const tail = tailLines(file, line => {
    for (const text of read(line)) print(harmless(text));
  });
  return {
    async print() {
      while (tail.read()) await new Promise(resolve => setImmediate(resolve));
    },
    async finish() {
      await tail.finish();
      tail.close();
    },
  };
}

interface SpawnOptions extends CommonOptions {
  task: string;
  type: string;
  repo: string;
  branch?: string;
  gateProfile?: string;
  gate: string[];
  workItem: string[];
  skill: string[];
}

async function spawn({ json, task, type, repo, branch, gateProfile, gate, workItem, skill, ...place }: SpawnOptions) {
  const { config, data } = await configured(place);
  const order = {
    taskId: task,
    agentType: type,
    ...(gateProfile !== undefined && { gateProfile }),
    gates: gate,
    context: { repository: repo, ...(branch !== undefined && { branch }), workItems: workItem, skills: skill },
  };
  const spawned = await withApp({ ...place, mode: 'commit' }, app => spawnAgent(app, config, order));
  if (json) return printJson(spawned);
  const hint = place.data === undefined ? '' : ` --data ${data}`;
  print(`${spawned.agentId} is ready. It works with: signalbox run --id ${spawned.agentId}${hint}`);
}

interface KillOptions extends CommonOptions {
  reason?: string;
}

async function kill(id: string, { json, reason, ...place }: KillOptions): Promise<void> {
  const run = await withApp({ ...place, mode: 'read' }, app => createAgents(app).row(id));
  const options = { ...place, mode: 'work' as const, creates: false, only: [run.id] };
  report(await withApp(options, app => createAgents(app).kill(run.id, actor(), reason)), json);
}

async function killAll({ json, reason, ...place }: KillOptions): Promise<void> {
  const live = await withApp({ ...place, mode: 'read' }, app => createAgents(app).live());
  // Only these are carried out, so that nothing else begins meanwhile.
  const options = { ...place, mode: 'work' as const, creates: false, only: live.map(run => run.agentId) };
  report(await withApp(options, app => createAgents(app).killAll(actor(), reason)), json);
}

function report(result: KillResult, json?: boolean): void {
  if (json) printJson(result);
  else {
    print(result.message);
    for (const error of result.errors) note(error);
  }
  if (result.failed > 0) process.exitCode = exitCodes.failed;
}
