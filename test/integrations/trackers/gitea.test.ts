/** The issues of Gitea and Forgejo keep the contract: the fake that is shipped always, real ones where there are some. */
import { startFakeGitea } from '../../../src/testing/forges/gitea.ts';
import { trackerConformance } from './conformance.ts';
import { giteaTrackerBehaviour } from './gitea-behaviour.ts';
import { giteaTrackerPlace, makeStranger } from './gitea-place.ts';

trackerConformance(
  'the issues of the fake Gitea',
  async () => {
    const accounts = ['root', 'signalbox-bot', 'maria', 'paul'] as const;
    const fake = await startFakeGitea({ accounts, organisations: ['acme'] });
    const [admin, bot, maria, stranger] = accounts.map(login => fake.tokenOf(login)) as [
      string,
      string,
      string,
      string,
    ];
    const tokens = { admin, bot, maria, stranger };
    return giteaTrackerPlace({ url: fake.url, tokens, hasDependencies: true, close: fake.close });
  },
  { also: giteaTrackerBehaviour },
);

for (const server of ['GITEA', 'GITEA_OLD', 'FORGEJO']) {
  const given = (what: string) => process.env[`SIGNALBOX_TEST_${server}_${what}`] ?? '';
  trackerConformance(
    `the issues of a real ${server.toLowerCase()}`,
    async () => {
      const [url, admin] = [given('URL'), given('ADMIN_TOKEN')];
      const stranger = await makeStranger(url, admin);
      return giteaTrackerPlace({
        ...{ url, close: async () => {} },
        tokens: { bot: given('TOKEN'), maria: given('REVIEWER_TOKEN'), admin, stranger },
      });
    },
    { skip: given('URL') === '', also: giteaTrackerBehaviour },
  );
}
