/** What tasks and gates ask of forges, with the clients that do it. */
import { join } from 'node:path';
import { fromPromise } from 'xstate';
import { askForge } from '../actors/forge/answer.ts';
import { type ForgeMergeInput, mergeAtForge, updateAtForge } from '../actors/forge/merge.ts';
import { type ForgeSurroundings, type PushInput, pushToForge, relayOf } from '../actors/forge/push.ts';
import { fetchBranch } from '../actors/forge/relay.ts';
import { performAll, type RequestsOrder } from '../actors/forge/requests.ts';
import { type MergeInput, merge } from '../actors/merge.ts';
import { taskWork } from '../actors/steadily.ts';
import { update } from '../actors/update.ts';
import { type PrepareInput, prepareWorkspace, type Readying } from '../actors/workspace.ts';
import { SignalboxError } from '../domain/errors.ts';
import { refOf } from '../domain/names.ts';
import type { CommitStatus, Forge } from '../integrations/forge.ts';
import { OutsideError } from '../integrations/outside.ts';
import type { AtForge, Away, Merged, Prepared, Pushed, Refusal, Updated } from '../machines/task/context.ts';
import type { LanedEffect } from '../runtime/index.ts';
import type { Forges } from './forges.ts';
import { forgeLane } from './lanes.ts';
import { patiently } from './patiently.ts';

export interface ForgePlace {
  dataDir: string;
  forges: Forges;
}

const around = async ({ dataDir, forges }: ForgePlace, name: string): Promise<ForgeSurroundings> => ({
  forge: await forges.get(name),
  relays: join(dataDir, 'forges'),
});

/** Prepares the worktree of a task; one whose repository is at a forge begins on what the forge has now. */
export async function prepareFrom(
  place: ForgePlace,
  input: PrepareInput & { forge: AtForge | null },
  readying: Readying,
): Promise<Prepared | Away> {
  const { forge: at } = input;
  if (at === null) return prepareWorkspace(input, readying);
  const fetched = await askForge(at.name, async () => {
    const surroundings = await around(place, at.name);
    const tip = await fetchBranch(relayOf({ ...input, forge: at }, surroundings), input.target);
    if (tip === undefined)
      throw new OutsideError(
        'notFound',
        `${at.repository} has no branch ${input.target}; make it, or name another as target`,
      );
    return { result: 'fetched' as const };
  });
  if (fetched.result === 'away') return fetched;
  if (fetched.result === 'refused') throw new SignalboxError('invalid', 'forgeRefused', fetched.detail);
  return prepareWorkspace({ ...input, startRef: refOf(input.target, at.name) }, readying);
}

export const pushActor = (place: ForgePlace) =>
  fromPromise<Pushed, PushInput>(({ input }) =>
    taskWork(input.repository, () =>
      withForge(place, input.forge.name, surroundings => pushToForge(input, surroundings)),
    ),
  );

/** Merges at the forge where the task has one, otherwise here. */
export const mergeActor = (place: ForgePlace) =>
  fromPromise<Merged, MergeInput & { forge: AtForge | null }>(({ input }) =>
    taskWork(input.worktree, () =>
      input.forge === null
        ? merge(input)
        : withForge(place, input.forge.name, surroundings => mergeAtForge(input as ForgeMergeInput, surroundings)),
    ),
  );

/** Brings into a task's branch what its target has by now, at the forge where the task has one. */
export const updateActor = (place: ForgePlace) =>
  fromPromise<Updated, MergeInput & { forge: AtForge | null }>(({ input }) =>
    taskWork(input.worktree, () =>
      input.forge === null
        ? update(input)
        : withForge(place, input.forge.name, surroundings => updateAtForge(input as ForgeMergeInput, surroundings)),
    ),
  );

/** A forge that is not in the configuration now is away. */
async function withForge<T>(
  place: ForgePlace,
  name: string,
  work: (surroundings: ForgeSurroundings) => Promise<T>,
): Promise<T | Away | Refusal> {
  return askForge(name, async () => work(await around(place, name)));
}

// ---- What is shown at a forge --------------------------------------------------------------------------------------

interface ForgeOrder {
  forge: string;
  repository: string;
}

interface KeepComment extends ForgeOrder {
  number: number;
  comment: { marker: string; body: string; id: number | null };
}

interface SetStatus extends ForgeOrder {
  sha: string;
  status: CommitStatus;
}

/** Effects of a task at its forge, each in the lane of that forge. */
export function forgeEffects({ forges }: ForgePlace): Record<string, LanedEffect> {
  const inLane = <Order extends { forge: string | null }>(
    deliver: (forge: Forge, order: Order) => Promise<unknown>,
  ): LanedEffect => ({
    lane: (order: Order) => (order.forge === null ? null : forgeLane(order.forge)),
    deliver: (order: Order) => patiently(async () => deliver(await forges.get(order.forge ?? ''), order), refused),
  });
  return {
    setStatus: inLane<SetStatus>((forge, { repository, sha, status }) => forge.setStatus(repository, sha, status)),
    keepComment: inLane<KeepComment>(async (forge, { repository, number, comment: { id, ...comment } }) => {
      const kept = await forge.keepComment(repository, number, { ...comment, ...(id !== null && { id }) });
      return kept.id === id ? undefined : { type: 'comment.kept', id: kept.id };
    }),
    performRequests: {
      lane: (order: RequestsOrder) => (order.forge === null ? null : forgeLane(order.forge)),
      deliver: (order: RequestsOrder) =>
        patiently(
          async () => performAll(order.forge === null ? undefined : await forges.get(order.forge), order),
          refused,
        ),
    },
  };
}

const refused = (words: string, cause: OutsideError) => new SignalboxError('invalid', 'forgeRefused', words, { cause });
