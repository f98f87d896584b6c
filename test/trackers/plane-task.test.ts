/** A work item of Plane, from the label that hands it over to the merge, by what people say there. */
import { expect, test } from 'vitest';
import { planeSecret } from './configured.ts';
import { journalOf, openPlanePlace, workAtPlane } from './place.ts';

const waitsForApproval = ({ standing }: { standing: string }) => standing === 'person';

test('an item that is labelled becomes a task, is approved by a comment, and is done when it is merged', async () => {
  const place = await openPlanePlace();
  const { plane } = place;
  const { until, ours, runtime, settled, lines, ask } = await workAtPlane(place);
  const { key } = plane.createItem('ET', { title: 'Totals are wrong', html: '<p>For two items.</p>', by: 'maria' });
  plane.label(key, ['agent'], 'maria');

  await until(key, waitsForApproval);
  expect(await ask('GET', `/tasks/${key}`)).toMatchObject({
    source: { tracker: 'plan', key },
    title: 'Totals are wrong',
  });
  await settled(() => ours(key).length === 2);
  expect(plane.item(key).state).toBe('In Progress');
  expect(ours(key).join()).toMatch(/analysis.*waits for a person[\s\S]*:approved:/);

  plane.comment(key, '<p>:approved:</p>', 'maria');
  await until(key, ({ standing }) => standing === 'done');
  await settled(() => plane.item(key).state === 'Done');
  expect(journalOf(place, '.prompt').join()).toContain('For two items.');

  // Approved by her, by a word that is on record, and by nothing else.
  const log = await runtime.log(key, { after: 0, limit: 500 });
  const decided = log.filter(({ type }) => type.startsWith('task.'));
  expect(decided.map(({ type, outcome, source }) => [type, outcome, source.split(':')[0]])).toEqual([
    ['task.approve', 'applied', 'word'],
  ]);
  const { items } = await ask<{ items: { outcome: string; reason: string | null }[] }>('GET', '/deliveries?limit=100');
  expect(items.map(({ outcome }) => outcome)).toContain('accepted');

  const secrets = [plane.tokenOf('signalbox'), planeSecret];
  const seen = [...journalOf(place, '.env'), ...journalOf(place, '.prompt'), lines.join('')].join('\n');
  expect(secrets.filter(secret => seen.includes(secret))).toEqual([]);
  expect((await runtime.verify()).differences).toEqual([]);
  expect(await runtime.deadLetters()).toEqual({ events: [], outbox: [] });
});
