/** Plane keeps the contract: the fake that is shipped always, a real one where there is one. */
import { trackerConformance } from './conformance.ts';
import { planePlace } from './plane-place.ts';

const given = (what: string) => process.env[`SIGNALBOX_TEST_PLANE_${what}`] ?? '';

trackerConformance(
  'a real Plane',
  () =>
    planePlace({
      url: given('URL'),
      workspace: given('WORKSPACE'),
      tokens: { bot: given('TOKEN'), maria: given('PERSON_TOKEN'), stranger: given('STRANGER_TOKEN') },
      tellsEdits: false,
      close: async () => {},
    }),
  { skip: given('URL') === '' },
);
