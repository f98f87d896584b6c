/** Looks at each tracker, chat and model of the configuration: whether it answers, and knows us. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../domain/errors.ts';
import { renderText, textNames } from '../../texts/render.ts';
import { type Finding, fine, problem, warning } from '../finding.ts';
import { type Settings, settingsOf } from '../settings.ts';
import { lookAtChat, lookAtTracker } from './looks.ts';
import { textsOf } from './texts.ts';
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
    ...(config.texts === null ? [] : [{ name: 'texts', look: async () => checkTexts(settings) }]),
  ];
}

/** A template is used once something is to be said: far too late to hear that it cannot be. */
function checkTexts(settings: Settings): Finding[] {
  const texts = textsOf(settings);
  const own = textNames.filter(name => existsSync(join(texts.own ?? '', `${name}.md`)));
  if (own.length === 0) {
    const names = textNames.map(name => `${name}.md`).join(', ');
    return [warning(`${texts.own} has none of ${names}`, 'put one there, or take `texts` out of the configuration')];
  }
  return own.map(name => {
    try {
      renderText(texts, name, {});
      return fine(`${name}.md can be used`);
    } catch (error) {
      return problem(messageOf(error), 'see docs/trackers.md for what a template may contain');
    }
  });
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
