/** Plane keeps the contract: the fake that is shipped always, as each of its editions, and a real one where there is one. */
import { type Edition, startFakePlane } from '../../../src/testing/trackers/plane.ts';
import { trackerConformance } from './conformance.ts';
import { planeBehaviour } from './plane-behaviour.ts';
import { planePlace } from './plane-place.ts';

const people = { maria: 20, signalbox: 15, stranger: 5 } as const;

for (const edition of ['community', 'old-community', 'cloud'] satisfies Edition[]) {
  const open = async () => {
    const fake = await startFakePlane({ people, edition, perMinute: null });
    return planePlace({
      url: fake.url,
      workspace: fake.workspace,
      tokens: { bot: fake.tokenOf('signalbox'), maria: fake.tokenOf('maria'), stranger: fake.tokenOf('stranger') },
      word: edition === 'old-community' ? 'issues' : 'work-items',
      editOnPages: async (ref, id, html) => fake.editComment(ref.id, id, html),
      close: fake.close,
    });
  };
  trackerConformance(`the fake Plane, ${edition}`, open, { also: planeBehaviour });
}

const given = (what: string) => process.env[`SIGNALBOX_TEST_PLANE_${what}`] ?? '';

trackerConformance(
  'a real Plane',
  () =>
    planePlace({
      url: given('URL'),
      workspace: given('WORKSPACE'),
      tokens: { bot: given('TOKEN'), maria: given('PERSON_TOKEN'), stranger: given('STRANGER_TOKEN') },
      editOnPages: null,
      close: async () => {},
    }),
  { skip: given('URL') === '', also: planeBehaviour },
);
