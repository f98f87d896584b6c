/**
 * What commands print in their main situations, as people see it. `npx vitest run test/cli/outputs.test.ts -u` writes
 * docs/reference/outputs.md; read it before it is committed.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { makePlace, oneStage, type Place, person } from './place.ts';

vi.setConfig({ testTimeout: 300_000 });

const agentScript = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

/** Without what differs between two runs of the same. */
function settled(place: Place, text: string): string {
  return text
    .replaceAll(place.repository, '/srv/shop')
    .replaceAll(place.directory, '/srv')
    .replaceAll(person, 'ann@box')
    .replaceAll(agentScript, '/srv/agent.sh')
    .replace(/(?:\d{4}-\d\d-\d\d )?\b\d\d:\d\d:\d\d\b/g, '12:00:00')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-27T12:00:00.000Z')
    .replace(/(?<!m )\b(?:\d+ms|\d+(?:\.\d)?s)\b/g, '2s')
    .replace(/\b(as|merged as|commit) [0-9a-f]{9}\b/g, '$1 1a2b3c4d5')
    .replace(/process \d+/g, 'process 4711')
    .replace(/^( {2}pid +)\d+$/gm, '$14711')
    .replace(/[ \t]+$/gm, '');
}

test('what is printed in the main situations', async () => {
  const place = await makePlace();
  const parts: string[] = [];
  const section = (title: string) => void parts.push(`## ${title}\n`);
  /** As it is typed: the agent's own command is long, and says nothing here. */
  const typed = (args: readonly string[]) => args.map(arg => (/[\s"']/.test(arg) ? `'${arg}'` : arg)).join(' ');
  async function show(says: string, ...args: string[]) {
    const { code, stdout, stderr } = await place.begin(args, { cwd: place.directory });
    const printed = settled(place, `${stderr}${stdout}`).trimEnd();
    const ends = code === 0 ? '' : `\nIt ends with exit code ${code}.\n`;
    parts.push(`${says}\n\n\`\`\`console\n$ signalbox ${settled(place, typed(args))}\n${printed}\n\`\`\`\n${ends}`);
  }
  const quick = join(place.directory, 'quick.yaml');
  writeFileSync(quick, JSON.stringify(oneStage()));

  section('Ordering work and waiting for it');
  await show('A person is needed to approve the requirements:', ...place.newTask());
  await show('What waits, and what it waits for:', 'task', 'list', '--waiting');
  await show('One task in full:', 'task', 'show', 'ET-1');
  await show(
    'A decision, with a reason that every later agent reads:',
    'task',
    'approve',
    'ET-1',
    '--reason',
    'Keep it small.',
  );
  await show('All that waits is worked on, here in the foreground:', 'work', '--until-idle');
  await show('How it has ended:', 'wait', 'ET-1');
  await show('What has happened, in words:', 'task', 'events', 'ET-1');
  await show('One task that is done:', 'task', 'show', 'ET-1');

  section('Work that does not pass');
  const refused = ['run', '--repo', place.repository, '--id', 'ET-2', '--title', 'Fix the rounding', '--approve-all'];
  await show('The tests fail as often as they may:', ...refused, ...place.agent('development=refuses'));
  await show('What a gate has printed, its last run:', 'task', 'logs', 'ET-2', '--gate', 'tests', '--tail', '3');
  const failing = ['run', '--repo', place.repository, '--id', 'ET-3', '--title', 'Fix the dates', '--pipeline', quick];
  await show('An agent that fails:', ...failing, ...place.agent('development=fails'));
  await show('Its run:', 'agent', 'show', 'ET-3');
  await show('All of them, the living first:', 'task', 'list');
  await show('A task is ended:', 'task', 'cancel', 'ET-3', '--reason', 'Done by hand.');

  section('The worker');
  await show('What runs and what waits:', 'queue');
  await show('Runs, with what they used:', 'agent', 'list', '--task', 'ET-1');

  section('Pipelines and prompts');
  await show('Those that there are:', 'pipeline', 'list');
  await show('What holds of one:', 'pipeline', 'check');
  await show('Its stages, as a Mermaid drawing:', 'pipeline', 'show', 'default');

  section('What is refused');
  await show('A task that is not there:', 'task', 'show', 'ET-9');
  await show('A command that is not one:', 'task', 'shwo');
  await show('An option that is not one:', 'task', 'list', '--standng', 'person');
  await show('A stage that is not one:', 'task', 'move', 'ET-2', 'reveiw');
  await show('Nothing says who works:', 'task', 'add', '--repo', place.repository, '--title', 'Fix it');
  await show('Outside of a repository:', 'task', 'add', '--title', 'Fix it', '--agent', 'true');
  await show('The same for a program:', 'task', 'show', 'ET-9', '--json');

  const head = `# What commands print

In their main situations, as the program writes it: times, hashes and directories are made the same. Written by
\`test/cli/outputs.test.ts\`, which fails when the program prints something else.
`;
  await expect(`${head}\n${parts.join('\n')}`).toMatchFileSnapshot('../../docs/reference/outputs.md');
  expect(readdirSync(place.data)).toContain('signalbox.db');
});
