/** Looks at each tracker, chat and model of the configuration: whether it answers, and knows us. */
import type { Config } from '../../config/schema.ts';
import { type Finding, fine, problem, warning } from '../finding.ts';
import { settingsOf } from '../settings.ts';
import { lookAtChat, lookAtTracker } from './looks.ts';
import { placeNameOf, sourcesOf } from './trackers.ts';

/** One look for each. */
export function outsideLooks(config: Config) {
  const settings = settingsOf(config);
  const names = [...Object.keys(config.trackers), ...sourcesOf(settings).map(({ tracker }) => tracker)];
  return [
    ...[...new Set(names)].map(name => ({ name: `tracker ${name}`, look: () => checkTracker(config, name) })),
    ...Object.keys(config.chats).map(name => ({
      name: `chat ${name}`,
      look: async (): Promise<Finding[]> => {
        const { account, problem: wrong } = await lookAtChat(settings, name);
        return [wrong === null ? fine(account ?? 'can be used') : problem(wrong.why, wrong.remedy)];
      },
    })),
  ];
}

async function checkTracker(config: Config, name: string): Promise<Finding[]> {
  const settings = settingsOf(config);
  const outside = placeNameOf(settings, name);
  const { account, version, problem: wrong, missing } = await lookAtTracker(settings, outside);
  const told = version === null || version === 'unknown' ? 'it' : `version ${version}`;
  const head = wrong === null ? fine(`${told} answers, signed in as ${account}`) : problem(wrong.why, wrong.remedy);
  const lacking = missing.map(({ project, what }) =>
    warning(what, `make it there, or correct \`pick\` or \`board\` of the project ${project}`),
  );
  const tracker = config.trackers[name];
  if (tracker?.kind !== 'plane' || tracker.webhookSecrets.length > 0) return [head, ...lacking];
  const how = `make a webhook there, export its secret, and name its variable as trackers.${name}.webhookSecret`;
  return [head, ...lacking, warning('no webhook secret: what happens there is seen half a minute later', how)];
}
