/**
 * Whatever is signed well and comes in over HTTP: it is answered properly, soon and shortly, and a task that it does not
 * name is not moved by it.
 *
 *   SIGNALBOX_RANDOM=5000   so many deliveries
 *   SIGNALBOX_SEED=42       the same as another time
 */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { files, type Recorded, recorded } from '../integrations/webhooks/deliveries.ts';
import { type Kind, made, resigned } from '../integrations/webhooks/made.ts';
import { shaOf, waitingOutside } from '../support/forge-tasks.ts';
import { anew, branch, openReceiving } from './receiving.ts';

const numRuns = Number(process.env.SIGNALBOX_RANDOM ?? 250);
const given = process.env.SIGNALBOX_SEED;
const parameters = { numRuns, ...(given !== undefined && { seed: Number(given) }) };
const { after: head } = JSON.parse(recorded('scenario/07_gitea.push_src.json').body.toString()) as { after: string };

/** The task of the recorded work, and others that nothing means. */
async function open() {
  const site = await openReceiving({ outside: waitingOutside({ head }) });
  await site.task('ORCH-017');
  const bystanders = ['ELSEWHERE', 'BESIDE'];
  await site.task('ELSEWHERE', branch, 'acme/other');
  await site.task('BESIDE', branch, 'acme/shop', 'berg');
  const snapshots = () => Promise.all(bystanders.map(async id => (await site.system.runtime.actor(id))!.version));
  const before = await snapshots();
  onTestFinished(async () => {
    expect(await snapshots()).toEqual(before);
    expect(await site.system.state('ORCH-017')).toBe('build.gating');
    expect(site.system.faults).toEqual([]);
    expect((await site.system.runtime.verify()).differences).toEqual([]);
  });

  return async (delivery: Recorded) => {
    const { status, body, json } = await site.post(anew(delivery));
    expect([200, 202, 400, 401, 415, 422]).toContain(status);
    expect(body.length).toBeLessThan(1_500);
    if (json.status !== 'accepted') return;
    const shown = await site.shown(json.id);
    expect(shown.events).toMatchObject([{ actor: 'ORCH-017' }]);
    // Who is told of it is named by it.
    const said = delivery.body.toString().toLowerCase();
    expect(said).toContain('acme/shop');
    expect([branch.toLowerCase(), head, '42'].some(name => said.includes(name))).toBe(true);
  };
}

const events: Record<Kind, string[]> = {
  gitea: ['push', 'pull_request', 'issues', 'issue_comment', 'status', 'pull_request_review_approved', 'create'],
  github: ['push', 'pull_request', 'issues', 'check_run', 'workflow_run', 'pull_request_review', 'ping'],
  gitlab: ['Push Hook', 'Merge Request Hook', 'Note Hook', 'Pipeline Hook', 'Job Hook'],
  plane: ['issue', 'issue_comment', 'workitem.updated'],
};
const json = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  fc.constantFrom<unknown>(null, 2 ** 53, 'None', [[]], '\u0000'),
);

test('any JSON is answered', async () => {
  const take = await open();
  const kind = fc.constantFrom(...(Object.keys(events) as Kind[]));
  const delivery = kind.chain(of =>
    fc.tuple(fc.constantFrom(...events[of]), json).map(([event, value]) => made(of, event, JSON.stringify(value))),
  );
  await fc.assert(fc.asyncProperty(delivery, take), parameters);
}, 120_000);

type Place = [Record<string, unknown>, string];

function placesIn(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return places;
  for (const [name, inner] of Object.entries(value)) {
    places.push([value as Record<string, unknown>, name]);
    placesIn(inner, places);
  }
  return places;
}

test('recorded deliveries with something else in some places move nobody whom they do not name', async () => {
  const take = await open();
  const likely = fc.constantFrom<unknown>(
    'acme/shop',
    'acme/other',
    branch,
    head,
    shaOf('a'),
    42,
    'closed',
    ':approved:',
  );
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(json, likely)), { maxLength: 3 });
  const file = fc.constantFrom(...files.filter(name => name.endsWith('.json')));
  await fc.assert(
    fc.asyncProperty(file, changes, async (name, list) => {
      const delivery = recorded(name);
      const payload = JSON.parse(delivery.body.toString()) as unknown;
      for (const [at, value] of list) {
        const places = placesIn(payload);
        const [place, field] = places[at % places.length]!;
        Reflect.set(place, field, structuredClone(value));
      }
      await take(resigned(delivery, Buffer.from(JSON.stringify(payload))));
    }),
    parameters,
  );
}, 120_000);
