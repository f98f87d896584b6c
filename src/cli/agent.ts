/** `signalbox agent …`: runs of agents, their output, and how to end them. */
import { resolve } from 'node:path';
import type { OutputOf } from '../client/signalbox.ts';
import { askYes } from './ask-yes.ts';
import { answers, type Shown, streams } from './command.ts';
import { collect, type Values } from './flags.ts';
import { dayTime, exitCodes, harmless, moreOf, note, print, table } from './output.ts';
import { endOfRun } from './output-end.ts';
import { showEnd } from './task-show.ts';
import { usedBy } from './used-by.ts';

type Agent = OutputOf<'agent.list'>['items'][number];

export const list = answers({
  operation: 'agent.list',
  named: { taskId: '--task <id>' },
  examples: ['signalbox agent list', 'signalbox agent list --status running', 'signalbox agent list --task ET-003'],
  show({ items, ...rest }) {
    if (items.length === 0) return print('No agent has run yet.');
    const rows = items.map(run => [
      run.agentId,
      wordFor(run),
      run.agent,
      dayTime(run.spawnedAt),
      usedBy(run),
      run.why ?? run.error ?? run.activity,
    ]);
    print(table(['RUN', 'STATUS', 'AGENT', 'SINCE', 'USED', 'NOTE'], rows));
    moreOf(items.length, rest);
  },
});

/** The status in the interface's words, and what it waits for where they leave that open. */
function wordFor({ status, state, why }: Agent): string {
  if (status !== 'spawning') return status;
  return why === undefined ? `${status} (${state})` : 'queued';
}

export const show = answers({
  operation: 'agent.show',
  examples: ['signalbox agent show ET-003.development.14', 'signalbox agent show ET-003     # its newest run'],
  async show(run, { client, hint }) {
    for (const [name, value] of Object.entries({ ...run, usage: usedBy(run) || 'nothing reported' }))
      if (value !== null && value !== '') print(`  ${name.padEnd(12)} ${harmless(String(value))}`);
    const end = await endOfRun(client, run, hint);
    if (end !== undefined) showEnd(end);
  },
});

export const files = answers({
  operation: 'agent.files',
  examples: ['signalbox agent files ET-003'],
  show({ files: found }) {
    for (const file of found) print(harmless(file));
  },
});

export const logs = streams({
  operation: 'agent.logs',
  named: { follow: '-f, --follow', tail: '--tail <lines>', since: '--since <duration>' },
  examples: [
    'signalbox agent logs ET-003 -f --tail 20',
    'signalbox agent logs ET-003 --since 10m',
    'signalbox agent logs ET-003.development.14 --raw > output',
  ],
  async json({ client, input }) {
    return client.ask('agent.files', { agentId: String(input.agentId) });
  },
  async piece({ text }, { input }) {
    // Control characters of the agent's never reach the terminal: they could say something else than the agent did.
    if (!input.raw) return print(harmless(text));
    const bytes = Buffer.from(text, 'base64');
    if (!process.stdout.write(bytes)) await new Promise(written => process.stdout.once('drain', written));
  },
});

export const prompt = answers({
  operation: 'agent.prompt',
  examples: ['signalbox agent prompt ET-003', 'signalbox agent prompt ET-003.development.14 --attempt 1'],
  show: ({ text }) => print(harmless(text.trimEnd())),
});

export const spawn = answers({
  operation: 'agent.spawn',
  hidden: ['context', 'gates'],
  named: { taskId: '--task <id>', agentType: '--type <type>', gateProfile: '--gate-profile <name>' },
  extra: command =>
    command
      .requiredOption('--repo <path>', 'the git repository')
      .option('--branch <name>', 'the branch to begin on')
      .option(
        '--gate <script>',
        'a script of the repository as a gate, for the profile custom (repeat for more)',
        collect,
        [],
      )
      .option('--work-item <text>', 'what is to be done (repeat for more)', collect, [])
      .option('--skill <name>', 'what the agent should be good at (repeat for more)', collect, []),
  input: (given, { repo, branch, gate, workItem, skill }: Values) => ({
    ...given,
    gates: gate,
    context: {
      repository: resolve(String(repo)),
      ...(branch !== undefined && { branch }),
      workItems: workItem,
      skills: skill,
    },
  }),
  examples: ['signalbox agent spawn --task ET-003 --type reviewer --repo ../shop --work-item "Review the totals"'],
  async show({ agentId }, { hint, client }) {
    if (await client.isWorkedOn())
      return print(`${agentId} is taken up. Look at it with: signalbox agent show ${agentId}${hint}`);
    print(`${agentId} is ready. It works with: signalbox run --id ${agentId}${hint}`);
  },
});

export const kill = answers({
  operation: 'agent.kill',
  examples: ['signalbox agent kill ET-003.development.14', 'signalbox agent kill ET-003 --reason "wrong model"'],
  show: showKilled,
  exitCode: ({ failed }) => (failed > 0 ? exitCodes.failed : exitCodes.done),
});

export const killAll = answers({
  operation: 'agent.killAll',
  extra: command => command.option('--yes', 'do not ask first'),
  examples: ['signalbox agent kill-all --reason "wrong model"', 'signalbox agent kill-all --yes'],
  before: confirmed,
  show: showKilled,
  exitCode: ({ failed }) => (failed > 0 ? exitCodes.failed : exitCodes.done),
});

/** Names what would be ended, and asks where somebody is there to answer. */
async function confirmed({ client, options }: Shown): Promise<boolean> {
  const living: Agent[] = [];
  for (const status of ['running', 'spawning'] as const)
    living.push(...(await client.ask('agent.list', { status, limit: 1_000 })).items);
  if (options.json) return true;
  for (const { agentId, status, activity } of living) note(harmless(`  ${agentId}  ${status}  ${activity}`.trimEnd()));
  if (options.yes || living.length === 0 || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const isSure = await askYes(`End ${living.length === 1 ? 'this run' : `these ${living.length} runs`}? [y/N] `);
  if (!isSure) note('Nothing was ended.');
  return isSure;
}

function showKilled({ message, errors }: OutputOf<'agent.kill'>): void {
  print(message);
  for (const error of errors) note(error);
}
