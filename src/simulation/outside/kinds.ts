/**
 * The machines as they are, with what they ask of the outside done by a simulated world. What takes time takes virtual time;
 * what is done again after a crash comes out as it did, as it does in the real world: commits, merges and processes are found.
 */
import { type AnyStateMachine, fromCallback } from 'xstate';
import { type JudgeInput, judgeAtForge } from '../../actors/gate.ts';
import { machineKinds } from '../../app/machine-kinds.ts';
import type { Json } from '../../domain/json.ts';
import { onceFor } from '../../domain/once-for.ts';
import type { Inspected } from '../../machines/agent-run-context.ts';
import type { Looked } from '../../machines/gate.ts';
import type { Gate } from '../../machines/pipeline.ts';
import { type JobInput, Later, type MachineKind, untilStopped } from '../../runtime/index.ts';
import type { World } from '../world.ts';
import { agentIn } from './agent.ts';
import { createJobs, type Life, type MakeJob, second } from './job.ts';
import { placing, type TaskPlace } from './placing.ts';

type Outside = Pick<MachineKind, 'actors' | 'effects'>;

/** The kinds of actors that tasks, runs and deliveries need. */
export function kindsIn(world: World, life: Life): MachineKind[] {
  const job = createJobs(world, life);
  const outside: Record<string, Outside> = {
    // It reads what the host has left, and never reports here.
    worker: { actors: { hostGauge: untilStopped(fromCallback(() => {})) } },
    breaker: {},
    preflight: { actors: { probe: job(second, () => ({ ok: true, version: null })) } },
    mergeQueue: {},
    token: {},
    order: {},
    delivery: {},
    agentRun: ofRuns(world, life, job),
    gate: { actors: { judge: judging(world, job) } },
    conversation: {
      actors: { listen: job(second, () => ({ cursors: {}, words: [], isAsking: false })) },
      effects: { makeWord: { makes: 'word' } },
    },
    task: ofTasks(world, life, job),
  };
  return machineKinds
    .filter(({ name }) => Object.hasOwn(outside, name))
    .map(kind => ({ ...kind, ...outside[kind.name], build: definition => built(kind, definition) }));
}

function ofTasks(world: World, life: Life, job: MakeJob): Outside {
  const { forge } = world;
  /** Told to a forge, which may be away for now. */
  const toForge = (answer: () => unknown) => () => {
    if (life.isOver) throw new Error('the process is gone');
    if (forge?.isAway() === true) throw new Later('the forge does not answer');
    return answer();
  };
  const inert = () => {};
  return {
    actors: {
      ...placing(world, life, job),
      baseline: job(120 * second, () => ({ reports: [] })),
      lookAtBlockers: job(second, () => ({ open: [], forEver: null })),
    },
    effects: {
      ...{ showItem: inert, performRequests: inert },
      removeWorktree: ({ taskId }: TaskPlace) => world.tidy(taskId),
      setStatus: toForge(() => undefined),
      keepComment: toForge(() => ({ type: 'comment.kept', id: 1 })),
      openConversation: { makes: 'conversation' },
    },
  };
}

function ofRuns(world: World, life: Life, job: MakeJob): Outside {
  const { calendar, processes } = world;
  const inspect = job<{ worktree: string }, Inspected>(second, ({ worktree }) => {
    const process = processes.all.findLast(one => worktree.endsWith(`/${one.taskId}`));
    const minutes = process === undefined || process.plan.end === 'stalled' ? 0 : Math.floor(calendar.now() / 60_000);
    return { fingerprint: `${process?.key} ${minutes}`, isChanged: true };
  });
  const nothing = () => null;
  return {
    actors: {
      ...{ agent: agentIn(world, life), inspect },
      ...{ checkpoint: job(2 * second, nothing), hook: job(second, nothing) },
    },
  };
}

function judging(world: World, job: MakeJob) {
  async function look(input: JobInput<JudgeInput>): Promise<Looked> {
    const { gate, taskId, head, job: own } = input;
    if (gate.kind === 'ci' || gate.kind === 'pullRequestReview')
      return judgeAtForge(gate, input, async () => world.forge!.client);
    const round = world.numberOf(`${taskId} ${gate.name}`, own.ref);
    const verdict = world.judge(gate, { taskId, tree: world.code.treeAt(head), round });
    return { gate: gate.name, verdict, detail: `${gate.name} says ${verdict}` };
  }
  return job(({ gate }: { gate: Gate }) => (gate.kind === 'command' ? 180 : 1) * second, look);
}

/** Machines are the same in every life; to compile one takes longer than most of what is done with it. */
function built(kind: MachineKind, definition: Json): AnyStateMachine {
  const known = machinesOf(kind);
  const key = JSON.stringify(definition);
  const machine = known.get(key) ?? kind.build(definition);
  if (known.size >= mostKept) known.clear();
  known.set(key, machine);
  return machine;
}

const machinesOf = onceFor((_: MachineKind) => new Map<string, AnyStateMachine>());
const mostKept = 20;
