/** `signalbox agent …`: runs of agents, their output, and how to end them. */
import { statSync } from 'node:fs';
import { Command } from 'commander';
import { type Agents, type AgentView, copyFrom, createAgents } from '../commands/agents.ts';
import { actor, type CommonOptions, withApp, withCommonOptions } from './command.ts';
import { clockTime, exitCodes, harmless, note, print, printJson, table } from './output.ts';

const followMs = 200;

export function agentCommand(): Command {
  const agent = new Command('agent').description('look at agent runs and end them');
  const add = (command: Command) => agent.addCommand(withCommonOptions(command));
  add(new Command('list').description('all agent runs').action(list));
  add(new Command('show').argument('<id>').description('one agent run').action(show));
  add(
    new Command('logs')
      .argument('<id>')
      .option('-f, --follow', 'go on as output comes, until the run has ended')
      .description('what an agent has printed')
      .action(logs),
  );
  add(
    new Command('kill')
      .argument('<id>')
      .description('checkpoint the worktree, then end the agent with everything it has started')
      .action(kill),
  );
  add(new Command('kill-all').description('the same for every run').action(killAll));
  return agent.addHelpText(
    'after',
    `
Examples:
  $ signalbox agent list
  $ signalbox agent logs ET-003.development.14 -f
  $ signalbox agent kill ET-003.development.14`,
  );
}

async function list({ json, data }: CommonOptions): Promise<void> {
  const runs = await withApp({ data, mode: 'read' }, app => createAgents(app).list());
  if (json) return printJson({ items: runs });
  if (runs.length === 0) return print('No agent has run yet.');
  const rows = runs.map(run => [run.agentId, run.status, run.agent, clockTime(run.spawnedAt), run.error ?? '']);
  print(table(['RUN', 'STATUS', 'AGENT', 'SINCE', 'NOTE'], rows));
}

async function show(id: string, { json, data }: CommonOptions): Promise<void> {
  const run = await withApp({ data, mode: 'read' }, app => createAgents(app).show(id));
  if (json) return printJson(run);
  for (const [name, value] of Object.entries(run))
    if (value !== null) print(`  ${name.padEnd(12)} ${harmless(String(value))}`);
}

async function logs(id: string, { json, data, follow }: CommonOptions & { follow?: boolean }): Promise<void> {
  await withApp({ data, mode: 'read' }, async app => {
    const agents = createAgents(app);
    if (json) return printJson({ agentId: id, files: await agents.logFiles(id) });
    let shown = 0;
    let position = 0;
    for (;;) {
      // Asked first: what is written between the two is shown in the next round.
      const { completedAt } = await agents.show(id);
      const files = await agents.logFiles(id);
      for (; shown < files.length; shown++) {
        const file = files[shown]!;
        if (statSync(file).size > position) position = await copyFrom(file, position, process.stdout);
        if (shown === files.length - 1) break;
        position = 0;
      }
      if (!follow || completedAt !== undefined) return undefined;
      await new Promise(resolve => setTimeout(resolve, followMs));
    }
  });
}

interface KillResult {
  message: string;
  total: number;
  killed: number;
  failed: number;
  errors: string[];
}

async function kill(id: string, { json, data }: CommonOptions): Promise<void> {
  const result = await withApp({ data, mode: 'work', creates: false, only: id }, async app => {
    const agents = createAgents(app);
    return killRuns(agents, [await agents.show(id)]);
  });
  report(result, json);
}

async function killAll({ json, data }: CommonOptions): Promise<void> {
  const live = await withApp({ data, mode: 'read' }, app => createAgents(app).live());
  const total: KillResult = { message: '', total: 0, killed: 0, failed: 0, errors: [] };
  // One after another: each is carried out alone, so that nothing else begins meanwhile.
  for (const run of live) {
    const one = await withApp({ data, mode: 'work', only: run.agentId }, app => killRuns(createAgents(app), [run]));
    total.total += one.total;
    total.killed += one.killed;
    total.failed += one.failed;
    total.errors.push(...one.errors);
  }
  report({ ...total, message: `${total.killed} of ${total.total} runs killed` }, json);
}

async function killRuns(agents: Agents, runs: AgentView[]): Promise<KillResult> {
  const errors: string[] = [];
  for (const { agentId } of runs) {
    const { outcome, reason } = await agents.kill(agentId, actor());
    if (outcome !== 'applied') errors.push(`${agentId}: ${reason ?? outcome}`);
    else while ((await agents.show(agentId)).completedAt === undefined) await pause();
  }
  const killed = runs.length - errors.length;
  const message = `${killed} of ${runs.length} runs killed`;
  return { message, total: runs.length, killed, failed: errors.length, errors };
}

const pause = () => new Promise(resolve => setTimeout(resolve, 50));

function report(result: KillResult, json?: boolean): void {
  if (json) printJson(result);
  else {
    print(result.message);
    for (const error of result.errors) note(error);
  }
  if (result.failed > 0) process.exitCode = exitCodes.failed;
}
