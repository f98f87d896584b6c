/**
 * Compares the open tasks of a forge with what the forge says. Whatever a task would take now and has not heard becomes an
 * event for it, under a key that is the same for the same news, so that nothing is told twice.
 */
import { wordsOf } from '../actors/forge/answer.ts';
import { isOwnStatus } from '../domain/names.ts';
import type { Check, Forge, PullRequest } from '../integrations/forge.ts';
import { OutsideError } from '../integrations/outside.ts';
import { conversationId } from '../machines/addresses.ts';
import type { Difference, Reconciled } from '../machines/reconciler.ts';
import { forgeTag } from '../machines/standing.ts';
import type { AtForge, TaskContext } from '../machines/task/context.ts';
import type { ActorRow, EventObject } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import { contextOf } from './context.ts';
import { livingTasks } from './living-tasks.ts';

interface Said {
  event: EventObject;
  /** What differs, for people. */
  what: string;
  /** The same for the same news. */
  key: string;
}

const listenEveryMs = 12 * 3_600_000;

/** Newest first. A forge that is away, or wants to be left alone, ends the look; the next one goes on. */
export async function reconcile(runtime: Runtime, forge: Forge, signal: AbortSignal): Promise<Reconciled> {
  const differences: Difference[] = [];
  let looked = 0;
  try {
    for await (const row of livingTasks(runtime, forgeTag(forge.name))) {
      if (signal.aborted) return { looked, differences, why: 'it was stopped' };
      looked += 1;
      differences.push(...(await reconcileTask(runtime, forge, row)));
    }
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { looked, differences, why: wordsOf(error) };
  }
  return { looked, differences, why: null };
}

async function reconcileTask(runtime: Runtime, forge: Forge, row: ActorRow): Promise<Difference[]> {
  const { forge: at, head, branch } = contextOf<TaskContext>(row);
  if (at === null || head === '') return [];
  if (at.pullRequest !== null) await listenAgain(runtime, row);
  const said = await whatForgeSays(forge, { at, head, branch });
  const { snapshot } = await runtime.restore(row);
  const differences: Difference[] = [];
  for (const { event, what, key } of said) {
    // What it does not wait for is no news to it; it looks for itself when it comes there.
    if (!snapshot.can({ ...event, at: 0 } as never)) continue;
    const { outcome } = await runtime.send(row.id, event, { source: 'reconciler', dedupeKey: `reconciler:${key}` });
    if (outcome !== 'duplicate') differences.push({ task: row.id, type: event.type, what, outcome });
  }
  return differences;
}

/** What people have said under the pull request is read by whoever listens there. */
async function listenAgain(runtime: Runtime, { id }: ActorRow): Promise<void> {
  const listener = conversationId(id);
  // Tasks that are older than listening have nobody.
  if ((await runtime.actor(listener)) === undefined) return;
  // Of most there is nothing new, and each look asks whatever it lies at: twice a day is enough for what deliveries lost.
  const dedupeKey = `reconciler:half-day:${Math.floor(Date.now() / listenEveryMs)}`;
  await runtime.send(listener, { type: 'conversation.news' }, { source: 'reconciler', dedupeKey });
}

interface Place {
  at: AtForge;
  head: string;
  branch: string;
}

async function whatForgeSays(forge: Forge, { at, head, branch }: Place): Promise<Said[]> {
  const { repository, pullRequest } = at;
  const [tip, checks, pull, reviews] = await Promise.all([
    forge.branch(repository, branch),
    checksOf(forge, repository, head),
    pullRequest === null ? undefined : forge.pullRequest(repository, pullRequest.number),
    pullRequest === null ? undefined : forge.reviews(repository, pullRequest.number),
  ]);
  return [
    ...(tip !== undefined && tip.sha !== head
      ? [
          {
            event: { type: 'branch.pushed', branch, sha: tip.sha },
            what: `${branch} is at ${tip.sha}`,
            key: `head:${tip.sha}`,
          },
        ]
      : []),
    ...ofChecks(checks, head),
    ...ofPullRequest(pull),
    ...(reviews?.reviews ?? [])
      .filter(({ isStale }) => !isStale)
      .map(({ id, by, verdict, sha }) => ({
        event: { type: `review.${verdict}`, number: pullRequest!.number, sha, by },
        what: `${by} has reviewed #${pullRequest!.number}: ${verdict}`,
        key: `review:${id}:${verdict}`,
      })),
  ];
}

/** A forge that does not know a commit has nothing to say of it. */
async function checksOf(forge: Forge, repository: string, sha: string): Promise<Check[]> {
  try {
    const { checks } = await forge.checks(repository, sha);
    return checks.filter(({ name }) => !isOwnStatus(name));
  } catch (error) {
    if (error instanceof OutsideError && error.failure === 'notFound') return [];
    throw error;
  }
}

const ciEvents = { success: 'ci.succeeded', failure: 'ci.failed', pending: 'ci.pending' } as const;

/** A build that runs is no news; one that has ended is. */
function ofChecks(checks: readonly Check[], sha: string): Said[] {
  return checks
    .map(({ name, state, url }) => ({ type: ciEvents[state], name, url, state }))
    .filter(({ type }) => type !== 'ci.pending')
    .map(({ state, ...event }) => ({
      event: { ...event, sha },
      what: `${event.name} says ${state} of ${sha.slice(0, 9)}`,
      key: `ci:${sha}:${event.name}:${state}`,
    }));
}

const pullRequestEvents = { merged: 'pullRequest.merged', closed: 'pullRequest.closed', open: null } as const;

function ofPullRequest(pull: PullRequest | undefined): Said[] {
  const type = pull === undefined ? null : pullRequestEvents[pull.state];
  if (pull === undefined || type === null) return [];
  const { number, state, head } = pull;
  return [{ event: { type, number, sha: head.sha }, what: `#${number} is ${state}`, key: `pull:${number}:${state}` }];
}
