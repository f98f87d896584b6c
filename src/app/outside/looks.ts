/** Whether trackers and chats are as the configuration says: somebody answers, and knows us. */
import { wordsOf } from '../../actors/forge/answer.ts';
import { OutsideError } from '../../integrations/outside.ts';
import { lookLimitMs, type Wrong } from '../forge-look.ts';
import type { Settings } from '../settings.ts';
import { clientOfChat } from './chats.ts';
import { missingAt } from './missing.ts';
import { clientOfTracker, sourcesOf } from './trackers.ts';

export interface TrackerLook {
  account: string | null;
  version: string | null;
  problem: Wrong | null;
  /** What projects name and their places do not have. */
  missing: { project: string; what: string }[];
}

/** Asks a tracker, as it is called outside, for its version, for who we are and for the places that projects name. */
export async function lookAtTracker(settings: Settings, name: string): Promise<TrackerLook> {
  const tracker = await clientOfTracker(settings, name, lookLimitMs);
  const places = sourcesOf(settings).filter(source => source.name === name);
  const [version, account, ...found] = await Promise.allSettled([
    tracker.version(),
    tracker.account(),
    ...places.map(({ place }) => tracker.project(place)),
  ]);
  const failed = [account, ...found].find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  return {
    version: version.status === 'fulfilled' ? version.value : null,
    account: account.status === 'fulfilled' ? account.value.login : null,
    problem: failed === undefined ? null : wrongBecause(failed.reason, name),
    missing: places.flatMap((source, index) => {
      const place = found[index]!;
      if (place.status === 'rejected') return [];
      return missingAt(source, place.value).map(what => ({ project: source.project, what }));
    }),
  };
}

/** What is wrong with a chat; null when it can be used. Nobody hears of it. */
export async function lookAtChat(
  settings: Settings,
  name: string,
): Promise<{ account: string | null; problem: Wrong | null }> {
  try {
    return { account: await (await clientOfChat(settings.chats[name]!)).check(), problem: null };
  } catch (error) {
    return { account: null, problem: wrongBecause(error, name) };
  }
}

const remedies: Partial<Record<OutsideError['failure'], string>> = {
  unreachable: 'see whether it answers from here, or correct its address in the configuration',
  limited: 'wait; it is asked too often',
  unauthorized: 'make a new token there, export it, and start Signalbox anew',
  forbidden: 'give the account and its token the rights that docs/trackers.md lists',
  notFound: 'correct what the configuration calls it, or let the account see it',
};

/** An error with what fixes it. What is no word of the other side is a fault of ours and is thrown on. */
function wrongBecause(error: unknown, name: string): Wrong {
  if (!(error instanceof OutsideError)) throw error;
  return {
    why: wordsOf(error),
    remedy: remedies[error.failure] ?? `see whether the configuration of ${name} is right`,
  };
}
