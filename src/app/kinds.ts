/** The kinds of actors with what each needs of the outside world. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fromPromise } from 'xstate';
import { checkAgent } from '../actors/agent-preflight.ts';
import { createAgentProcess } from '../actors/agent-process.ts';
import { checkpoint } from '../actors/checkpoint.ts';
import { type BaselineInput, type JudgeInput, judgeBaseline, judgeGate } from '../actors/gate.ts';
import { removeTree } from '../actors/gates/checkout.ts';
import { type HookInput, runHook } from '../actors/hook.ts';
import { createHostGauge } from '../actors/host-gauge.ts';
import { inTurn } from '../actors/in-turn.ts';
import { type InspectInput, inspect } from '../actors/inspect.ts';
import { inside } from '../actors/paths.ts';
import { type PublishInput, publish } from '../actors/publish.ts';
import { homeOf } from '../actors/sandboxed.ts';
import { type ReadyingInput, setUpWorktree } from '../actors/set-up/worktree.ts';
import { createSlots, type Slots } from '../actors/slots.ts';
import { steadily, taskWork } from '../actors/steadily.ts';
import { type PrepareInput, type RemoveInput, removeWorkspace } from '../actors/workspace.ts';
import { type AgentSpec, noSandbox } from '../domain/agent-spec.ts';
import type { Looked } from '../machines/gate.ts';
import type { Tidied } from '../machines/janitor.ts';
import type { Reconciled } from '../machines/reconciler.ts';
import type { AtForge, Baseline } from '../machines/task/context.ts';
import type { JobInput, MachineKind, Runtime } from '../runtime/index.ts';
import type { DataPaths } from './data-directory.ts';
import { type ForgePlace, forgeEffects, mergeActor, prepareFrom, pushActor, updateActor } from './forge-kinds.ts';
import { createForges, type Forges } from './forges.ts';
import { machineKinds } from './machine-kinds.ts';
import type { Making } from './new-task.ts';
import { createChats } from './outside/chats.ts';
import type { Ground } from './outside/ground.ts';
import { outsideKinds, taskOutside } from './outside/kinds.ts';
import { createTrackers } from './outside/trackers.ts';
import { reconcile } from './reconcile.ts';
import type { PruneOrder, PruneReport } from './retention.ts';
import { defaultSettings, type Settings } from './settings.ts';

/** What actors ask of the application itself. */
export interface Asked {
  settings?(): Settings;
  forges?: Forges;
  prune?(order: PruneOrder): Promise<PruneReport>;
  /** The runtime itself, for who compares its tasks with what is outside. */
  runtime?(): Promise<Runtime>;
  making?(): Promise<Making>;
  trackers?: Ground['trackers'];
  chats?: Ground['chats'];
}

type UsedPaths = Pick<DataPaths, 'dataDir' | 'runsDir' | 'checkoutsDir' | 'cacheDir'>;

const noRuntime = () => Promise.reject(new Error('there is no runtime whose tasks could be looked at'));
const nothingToPrune = () => Promise.reject(new Error('there is no data to remove anything from'));

/** Every kind of actor, with what it needs of the outside world. */
export function kindsFor(
  { dataDir, runsDir, checkoutsDir, cacheDir }: UsedPaths,
  {
    settings = () => defaultSettings,
    forges = createForges(() => settings().forges),
    prune = nothingToPrune,
    runtime = noRuntime,
    making = noRuntime,
    trackers = createTrackers(settings),
    chats = createChats(() => settings().chats),
  }: Asked = {},
): MachineKind[] {
  const hook = fromPromise<void, JobInput<HookInput>>(({ input, signal }) =>
    runHook(input, runsDir, input.job, signal),
  );
  // Commands of gates are tests: more of them than there are processors only make each other late.
  const commands = createSlots(Math.max(2, availableParallelism()));
  const ground: Ground = { settings, trackers, chats, runtime, making };
  return provide({
    ...outsideKinds(ground),
    worker: { actors: { hostGauge: createHostGauge(dataDir, () => settings().host) } },
    preflight: {
      actors: {
        probe: fromPromise<unknown, { agent: AgentSpec; timeLimitMs: number }>(({ input, signal }) =>
          checkAgent(input.agent, { timeLimitMs: input.timeLimitMs, signal }),
        ),
      },
    },
    janitor: {
      actors: {
        prune: fromPromise<Tidied, { endedBefore: number }>(async ({ input: { endedBefore }, signal }) => {
          const { tasks, logEntries, bytes, keptInAll } = await prune({ endedBefore, signal });
          return { tasks, logEntries, bytes, kept: keptInAll };
        }),
      },
    },
    reconciler: {
      actors: {
        reconcile: fromPromise<Reconciled, { forge: string }>(async ({ input: { forge }, signal }) =>
          reconcile(await runtime(), await forges.get(forge), signal),
        ),
      },
    },
    agentRun: {
      actors: {
        agent: createAgentProcess({ dataDir, runsDir, prices: () => settings().prices }),
        checkpoint: inWorktree(checkpoint),
        inspect: inWorktree((input: InspectInput) => inspect(input)),
        hook,
      },
    },
    gate: {
      actors: {
        judge: fromPromise<Looked, JudgeInput>(({ input, signal }) => {
          const place = { runsDir, checkoutsDir, cacheDir };
          const look = () => steadily(() => judgeGate(input, { ...place, forgeOf: forges.get }, signal));
          return input.gate.kind === 'command' ? commands.use(signal, look) : look();
        }),
      },
    },
    task: taskParts({ dataDir, runsDir, checkoutsDir, cacheDir, forges, commands }, taskOutside(ground)),
  });
}

/** The machines with what each needs of the outside, by their names. */
function provide(parts: Record<string, Pick<MachineKind, 'actors' | 'effects'>>): MachineKind[] {
  return machineKinds.map(kind => ({ ...kind, ...parts[kind.name] }));
}

function taskParts(
  place: ForgePlace & UsedPaths & { commands: Slots },
  outside: Pick<MachineKind, 'actors' | 'effects'>,
): Pick<MachineKind, 'actors' | 'effects'> {
  const { dataDir, runsDir, checkoutsDir, cacheDir, commands } = place;
  return {
    actors: {
      ...outside.actors,
      prepare: fromPromise<unknown, JobInput<PrepareInput & ReadyingInput & { forge: AtForge | null }>>(
        ({ input, signal }) =>
          taskWork(input.worktree, () =>
            prepareFrom(place, input, {
              runHook: command =>
                runHook({ ...placeOf(input, 'afterCreate'), hook: command }, runsDir, input.job, signal),
              setUp: checkout => setUpWorktree(input, { ...checkout, runsDir, cacheDir, signal }),
            }),
          ),
      ),
      baseline: fromPromise<Baseline, BaselineInput>(({ input, signal }) =>
        steadily(() => commands.use(signal, () => judgeBaseline(input, { runsDir, checkoutsDir, cacheDir }, signal))),
      ),
      publish: fromPromise<unknown, PublishInput>(({ input }) => taskWork(input.worktree, () => publish(input))),
      push: pushActor(place),
      update: updateActor(place),
      merge: mergeActor(place),
    },
    effects: {
      ...outside.effects,
      ...forgeEffects(place),
      removeWorktree: (params: RemoveInput) =>
        inTurn(params.worktree, async () => {
          const { signal } = new AbortController();
          const place = placeOf(params, 'beforeRemove');
          await removeWorkspace(params, command =>
            runHook({ ...place, hook: command }, runsDir, { ref: `${params.taskId}.end`, mayHaveBegun: true }, signal),
          );
          for (const home of [params.taskId, `${params.taskId}.gates`]) removeTree(homeOf(dataDir, home));
          removeTree(inside(checkoutsDir, join(params.project, params.taskId)));
        }),
    },
  };
}

/** Where a hook of the task's own runs. */
function placeOf(
  { taskId, project, worktree }: { taskId: string; project: string; worktree: string },
  name: HookInput['name'],
): Omit<HookInput, 'hook'> {
  return { name, taskId, project, worktree, branch: '', sandbox: noSandbox, outcome: null };
}

/** Work with git in a worktree, one piece after another: a job that was stopped may still be at it. */
function inWorktree<Input extends { worktree: string }, Output>(work: (input: Input) => Promise<Output>) {
  return fromPromise<Output, Input>(({ input }) => steadily(() => inTurn(input.worktree, () => work(input))));
}
