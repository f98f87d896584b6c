/** Tokens and webhook secrets stay here: in no log, answer or database, in nothing that is written outside, and in no agent. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bootId } from '../../src/host/process-identity.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { planeSecret } from './configured.ts';
import { journalOf, openPlanePlace, workAtPlane } from './place.ts';
import { openBoard } from './plane-board.ts';

/** Everything below a directory, as bytes. */
function* filesIn(directory: string): Generator<[string, Buffer]> {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) yield* filesIn(path);
    else if (stat?.isFile()) yield [path, readFileSync(path)];
  }
}

const holding = (directory: string, secrets: readonly string[]) =>
  [...filesIn(directory)].flatMap(([path, bytes]) => (secrets.some(secret => bytes.includes(secret)) ? [path] : []));

/** A process that cannot live, whose store can be taken over at once. */
const nobody = { pid: 4_194_305, startTime: '1', bootId: bootId() };

test('what somebody writes of our secrets is kept nowhere and told nobody', async () => {
  const place: { file: string } = { file: '' };
  const open = () => openSqliteStore({ file: place.file, identity: nobody });
  const board = await openBoard({
    open: directory => {
      place.file = join(directory, 'signalbox.db');
      return open();
    },
  });
  const { plane } = board;
  const secrets = [plane.tokenOf('signalbox'), planeSecret];
  const html = secrets.map(secret => `<p>Our key is ${secret}, keep it.</p>`).join('');
  board.work.asks.plan = 'Which key?';
  const { key } = plane.createItem('ET', { title: `Use ${secrets[0]}`, html, by: 'maria', labels: ['agent'] });
  await board.settle();
  expect(await board.system().state(key)).toBe('plan.awaitingAnswer');
  await board.say(key, html);
  await board.say(key, `<p>:rejected: not with ${secrets[1]}</p>`);
  await board.say(key, `<p>/answer ${secrets[1]}</p>`);
  await board.advance(65_000);
  expect(await board.decisions(key)).toEqual(['task.answer applied', 'task.reject applied', 'task.answer ignored']);
  expect((await board.context(key)).body).toContain('Our key is');

  expect(holding(board.directory, secrets)).toEqual([]);
  const written = board.ours(key).join('\n');
  expect(secrets.filter(secret => written.includes(secret))).toEqual([]);
});

test('a whole life of a task leaves no secret in its directory, its log, its answers and its agents', async () => {
  const place = await openPlanePlace();
  const { plane } = place;
  const { until, lines, ask, settled } = await workAtPlane(place);
  const { key } = plane.createItem('ET', { title: 'Totals are wrong', html: '<p>For two items.</p>', by: 'maria' });
  plane.label(key, ['agent'], 'maria');
  await until(key, ({ standing }) => standing === 'person');
  plane.comment(key, '<p>:approved:</p>', 'stranger');
  await settled(() => plane.comments(key).some(({ html }) => html.includes('may not write')));

  const secrets = [plane.tokenOf('signalbox'), planeSecret];
  const paths = ['/config', `/tasks/${key}`, '/tasks', '/deliveries?limit=100', '/forges', '/queue', '/machines'];
  const answers = await Promise.all(paths.map(path => ask<unknown>('GET', path).catch(error => String(error))));
  const told = [...lines, JSON.stringify(answers), ...journalOf(place, '.env'), ...journalOf(place, '.prompt')].join(
    '\n',
  );
  expect(told).toContain('Totals are wrong');
  expect(secrets.filter(secret => told.includes(secret))).toEqual([]);
  // The database with what is not in its main file yet, run directories, logs of agents.
  expect(holding(place.at.data, secrets)).toEqual([]);
});
