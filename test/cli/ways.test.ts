/**
 * The same command line on equal data, asked in three ways: on the data itself, through the socket of a service, and over
 * HTTP with a token. What it prints and how it ends is the same; only whether somebody works there may be told apart.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { patience, serve } from '../service/process.ts';
import { makePlace, type Place, person, type Said } from './place.ts';

vi.setConfig({ testTimeout: 600_000 });

const token = 'sbx-token-of-ann-over-http';

interface Way {
  name: string;
  place: Place;
  say(...args: string[]): Promise<Said>;
}

/** Data in which nobody is to begin anything any more, so that it stands still whoever looks after it. */
async function heldPlace() {
  const place = await makePlace();
  const sha256 = createHash('sha256').update(token).digest('hex');
  const config = {
    agents: { bot: { kind: 'command', program: ['true'] } },
    projects: { shop: { repository: place.repository } },
    serve: { tokens: { ann: { role: 'admin', sha256 } } },
  };
  writeFileSync(join(place.directory, 'signalbox.config.json'), JSON.stringify(config));
  const service = await serve(place);
  await service.ask('POST', '/queue/pause', {});
  for (const id of ['ET-1', 'ET-2']) {
    const order = { id, title: 'Fix it', repository: place.repository, agent: 'true' };
    expect((await service.ask('POST', '/tasks', order)).status).toBe(201);
    // One after the other, so that they stand in the queue in this order everywhere.
    await vi.waitUntil(async () => {
      const { json } = await service.ask('GET', '/agents');
      return (json.items as { taskId: string; state: string }[]).some(
        ({ taskId, state }) => taskId === id && state === 'queued',
      );
    }, patience);
  }
  return { place, service };
}

async function openWays(): Promise<Way[]> {
  const [onData, onSocket, overHttp] = await Promise.all([heldPlace(), heldPlace(), heldPlace()]);
  expect((await onData.service.stop()).code).toBe(0);
  const env = { SIGNALBOX_DATA: '', SIGNALBOX_URL: overHttp.service.url, SIGNALBOX_API_TOKEN: token };
  return [
    { name: 'on the data', place: onData.place, say: onData.place.signalbox },
    { name: 'through the socket', place: onSocket.place, say: onSocket.place.signalbox },
    { name: 'over HTTP', place: overHttp.place, say: (...args) => overHttp.place.begin(args, { env }) },
  ];
}

/** Without what differs between places and moments, and without what depends on whether somebody works there. */
function alike({ place }: Way, text: string): string {
  return (
    text
      .replaceAll(place.directory, '<dir>')
      // A person at this machine is called after it, whoever asks over a network after the token.
      .replaceAll(person, 'ann')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
      .replace(/\b\d\d:\d\d:\d\d\b/g, '<clock>')
      .replace(/\b1[78]\d{11}\b/g, '<at>')
      .replace(/--cursor \w+/g, '--cursor <cursor>')
      .replace(/sbx_[\w-]+/g, '<token>')
      .replace(/^(\S+) is (?:ready\. Work on it with|taken up\. Look at it with): .*$/gm, '$1 is made')
      .replace(/^(?:Resume it with:|Nobody works on this data now\.) .*\n/gm, '')
      .replace(/nobody works on it \((.*)\)$/gm, '$1')
      .replace(/^ {2}next {6}signalbox run .*\n/gm, '')
      .replace(/"isAttended": (?:true|false)/, '"isAttended": <any>')
      .replace(/"port": \d+/, '"port": <port>')
      .replace(/The log ends at \d+/, 'The log ends at <position>')
  );
}

const add =
  (id: string, ...more: string[]) =>
  (place: Place) => [
    ...['task', 'add', '--id', id, '--title', 'Fix it', '--repo', place.repository, '--agent', 'true'],
    ...more,
  ];

/** In this order: what one changes the next one sees. */
const lines: (string | ((place: Place) => string[]))[] = [
  'task list',
  'queue',
  // Refused before anything is made.
  add('ET-1'),
  add('ET-3', '--priority', '99'),
  add('ET-3', '--pipeline', 'no-such'),
  add('a b'),
  place => ['task', 'add', '--title', 'Fix it', '--repo', place.directory, '--json'],
  'task add --title x --project nope',
  'task list',
  'task list --json',
  'task list --limit 1',
  'task list --limit 0',
  'task list --limit many --json',
  'task list --cursor nonsense',
  'task list --standing asleep',
  'task show ET-1',
  'task show ET-1 --json',
  'task show ET-9',
  'task show ET-9 --json',
  'task show ..',
  'task show a/b?c#d',
  () => ['task', 'show', ''],
  () => ['task', 'show', 'é\u202e%2e'],
  'task events ET-1',
  'task events ET-1 --raw',
  'task events ET-9',
  'task pause ET-1',
  'task pause ET-1',
  'task resume ET-1 --json',
  'task approve ET-1',
  'task approve ET-1 --json',
  'task answer ET-1 --text Euro',
  'task move ET-1 nowhere',
  'task send ET-1 task.aprove',
  'task send ET-1 gate.failed',
  () => ['task', 'reject', 'ET-1', '--reason', `${'long '.repeat(10_000)}`],
  'task snapshot ET-1',
  'task snapshot ET-1 --at 99',
  'task replay ET-1 --verify',
  'task what-if ET-1 task.cancel',
  'task what-if ET-1 task.move --data {"stage":"review"} --json',
  'task what-if ET-1 task.aprove',
  'task what-if ET-1 --at 1 --guards',
  'task diff ET-1',
  'task diff ET-1 --at 99',
  'task diff ET-1 --file nope --stat',
  'task diff ET-9',
  'agent list',
  'agent show ET-9.development.1',
  'agent logs ET-1',
  'agent logs ET-9 -f',
  'agent prompt ET-1',
  'agent prompt ET-9 --attempt 2',
  'agent prompt ET-1 --attempt first',
  'agent kill ET-9',
  'agent kill-all',
  'queue --json',
  'figures --to 2026-01-31 --from 2026-01-01 --by week',
  'figures --from soon',
  'figures --from 2026-01-02 --to 2026-01-01',
  'queue resume --project nope',
  'breaker list --json',
  'breaker reset nope',
  'dead-letter list',
  'dead-letter retry event:99',
  'token create ci --role viewer',
  'token create ci --role viewer',
  'token create ci --role king',
  'token revoke nope',
  'token revoke ci',
  'events --after 99999',
  'events --after nonsense',
  'machine show task --format nonsense',
  'machine show nonsense',
  'pipeline list',
  'task cancel ET-2',
  'task cancel ET-2',
  'prune --older-than soon',
  'verify --json',
  'config show --json',
];

test('a command line answers the same in whichever way it asks', async () => {
  const ways = await openWays();
  const differences: object[] = [];
  for (const line of lines) {
    const said = await Promise.all(
      ways.map(async way => {
        const args = typeof line === 'string' ? line.split(' ') : line(way.place);
        const { code, stdout, stderr } = await way.say(...args);
        return { way: way.name, code, stdout: alike(way, stdout), stderr: alike(way, stderr) };
      }),
    );
    const [first, ...others] = said.map(({ way: _, ...rest }) => JSON.stringify(rest));
    if (others.some(other => other !== first)) differences.push({ line: String(line), said });
  }
  expect(differences).toEqual([]);
});
