/** Tasks at a forge that are moved by real machines, while what happens outside is played by small functions. */
import { type AnyActorLogic, fromPromise, setup } from 'xstate';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { noUsage } from '../../src/domain/usage.ts';
import type { Looked } from '../../src/machines/gate.ts';
import { type Gate, type Pipeline, pipelineSchema } from '../../src/machines/pipeline.ts';
import type { AtForge, Merged, Prepared, Published, Pushed } from '../../src/machines/task/context.ts';
import type { MachineKind } from '../../src/runtime/index.ts';
import { taskInput } from '../model/cases.ts';
import { inertEffects } from './runtime.ts';

/** What a gate is looked at with. */
export interface GateLook {
  gate: Gate;
  branch: string;
  head: string;
  forge: AtForge;
}

/** What happens outside: the worktree, the agent's commits, the forge. */
export interface PlayedOutside {
  prepare(): Prepared;
  publish(work: { taskId: string; stage: string }): Published;
  push(work: { head: string }): Pushed;
  judge(look: GateLook): Looked | Promise<Looked>;
  merge(work: { head: string }): Merged;
}

const quiet = { questions: null, objection: null };
export const shaOf = (letter: string) => letter.repeat(40);

/** Nobody has judged anything, so that every task comes to wait for its builds, with a pull request of this number. */
export const waitingOutside = ({ base = shaOf('b'), head = shaOf('a'), number = 42 } = {}): PlayedOutside => ({
  prepare: () => ({ base, head: base, codeTree: 'tree' }),
  publish: () => ({ head, codeTree: `tree of ${head}`, ...quiet }),
  push: () => ({ result: 'pushed', pullRequest: { number, url: 'u' } }),
  judge: ({ gate }) => ({ gate: gate.name, verdict: 'pending', detail: 'a build runs' }),
  merge: () => ({ result: 'refused', detail: 'nobody merges here' }),
});

const playing = (play: (input: never) => unknown): AnyActorLogic =>
  fromPromise(async ({ input }) => play(input as never)) as AnyActorLogic;

/** A run that succeeds at once. */
const quickRun = setup({ actors: { inner: playing(() => ({})) } }).createMachine({
  id: 'agentRun',
  initial: 'working',
  states: { working: { invoke: { src: 'inner', input: {}, onDone: 'ended' } }, ended: { type: 'final' } },
  output: { outcome: 'succeeded', reason: 'succeeded', attempts: 1, workedMs: 5, usage: noUsage },
});

/** A stage that is judged by builds, one that is judged by people, and one that merges. */
export const atForge: Pipeline = pipelineSchema.parse({
  name: 'atForge',
  forgeTries: 1,
  stages: [
    {
      name: 'build',
      role: 'builder',
      gates: [{ kind: 'ci', name: 'ci' }],
      rework: { limit: 4 },
    },
    {
      name: 'review',
      role: 'reviewer',
      gates: [{ kind: 'pullRequestReview', name: 'people' }],
      rework: { to: 'build', limit: 4 },
    },
    {
      name: 'ship',
      role: 'shipper',
      merge: { onConflict: 'build', limit: 1 },
      gates: [{ kind: 'verdict', name: 'shipped', file: 'ship.md', pass: ['YES'], fail: ['NO'] }],
      rework: { limit: 1 },
    },
  ],
});

const real = ['delivery', 'order', 'token', 'mergeQueue'];

/** The kinds of actors that a task at a forge and its deliveries need. */
export function forgeKinds({ prepare, publish, push, judge, merge }: PlayedOutside): MachineKind[] {
  const kind = (name: string) => machineKinds.find(one => one.name === name)!;
  const jobs = { prepare, publish, push, merge, update: () => ({ result: 'current' }) };
  const actors = Object.fromEntries(Object.entries(jobs).map(([name, play]) => [name, playing(play as never)]));
  return [
    { ...kind('task'), definition: atForge as never, actors, effects: inertEffects },
    { ...kind('gate'), actors: { judge: playing(judge) } },
    { name: 'agentRun', definition: { version: 1 }, build: () => quickRun as never },
    // Nobody says anything.
    {
      ...kind('conversation'),
      actors: { listen: playing(() => ({ cursors: {}, words: [], isAsking: false })) },
      effects: { makeWord: { makes: 'word' } },
    },
    ...real.map(kind),
  ];
}

/** What a task at the forge `home` begins with. */
export const forgeTask = (branch: string, repository = 'acme/shop', forge = 'home') =>
  ({ ...taskInput, branch, forge: { name: forge, repository } }) as never;
