/** Gitea and Forgejo keep the contract: real ones where there are some. */
import { forgeConformance } from './conformance.ts';
import { giteaPlace } from './gitea-place.ts';

for (const server of ['GITEA', 'GITEA_OLD', 'FORGEJO']) {
  const given = (what: string) => process.env[`SIGNALBOX_TEST_${server}_${what}`] ?? '';
  forgeConformance(
    `a real ${server.toLowerCase()}`,
    () =>
      giteaPlace({
        url: given('URL'),
        tokens: { bot: given('TOKEN'), reviewer: given('REVIEWER_TOKEN'), admin: given('ADMIN_TOKEN') },
        owner: 'acme',
        close: async () => {},
      }),
    given('URL') === '',
  );
}
