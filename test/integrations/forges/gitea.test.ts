/** Gitea and Forgejo keep the contract: the fake that is shipped always, real ones where there are some. */
import { startFakeGitea } from '../../../src/testing/forges/gitea.ts';
import { forgeConformance } from './conformance.ts';
import { giteaBehaviour } from './gitea-behaviour.ts';
import { giteaPlace } from './gitea-place.ts';

forgeConformance(
  'the fake Gitea',
  async () => {
    const fake = await startFakeGitea({ accounts: ['root', 'signalbox-bot', 'maria'], organisations: ['acme'] });
    return giteaPlace({
      url: fake.url,
      tokens: { bot: fake.tokenOf('signalbox-bot'), reviewer: fake.tokenOf('maria'), admin: fake.tokenOf('root') },
      owner: 'acme',
      patience: { tries: 2, pauseMs: 1 },
      close: fake.close,
    });
  },
  { also: giteaBehaviour },
);

for (const server of ['GITEA', 'GITEA_OLD', 'FORGEJO']) {
  const given = (what: string) => process.env[`SIGNALBOX_TEST_${server}_${what}`] ?? '';
  forgeConformance(
    `a real ${server.toLowerCase()}`,
    () =>
      giteaPlace({
        url: given('URL'),
        tokens: { bot: given('TOKEN'), reviewer: given('REVIEWER_TOKEN'), admin: given('ADMIN_TOKEN') },
        owner: 'acme',
        patience: { tries: 30, pauseMs: 250 },
        close: async () => {},
      }),
    { skip: given('URL') === '', also: giteaBehaviour },
  );
}
