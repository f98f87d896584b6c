/**
 * The machines as they are, with what they ask of the outside done by a simulated world. What takes time takes virtual time;
 * what is done again after a crash comes out as it did, as it does in the real world: commits, merges and processes are found.
 */
import { type AnyActorLogic, type AnyStateMachine, fromCallback, fromPromise } from 'xstate';
import { type JudgeInput, judgeAtForge } from '../actors/gate.ts';
import { machineKinds } from '../app/machine-kinds.ts';
import type { Assignment } from '../domain/assignment.ts';
import type { Json } from '../domain/json.ts';
import { onceFor } from '../domain/once-for.ts';
import { attemptId, type Inspected } from '../machines/agent-run-context.ts';
import type { Looked } from '../machines/gate.ts';
import type { Gate } from '../machines/pipeline.ts';
import { stageAt } from '../machines/standing.ts';
import type { Away, Merged, Prepared, Published, Pushed, Updated } from '../machines/task/context.ts';
import { type JobInput, Later, type MachineKind, untilStopped } from '../runtime/index.ts';
import type { World } from './world.ts';

/** One life of the orchestrator: from a start to the next crash. */
export interface Life {
  readonly isOver: boolean;
  /** The state of a task, as far as it is known. */
  stateOf(taskId: string): string;
  /** References of jobs that run now. */
  readonly jobs: Set<string>;
}

interface TaskPlace {
  taskId: string;
  branch: string;
}

const second = 1_000;

/** The kinds of actors that tasks, runs and deliveries need. */
export function kindsIn(world: World, life: Life): MachineKind[] {
  const { calendar, chance, code, forge, processes } = world;

  /** A piece of work that takes some time; its effect is there when half of it has passed. */
  function job<Input, Output>(
    takesMs: number | ((input: Input) => number),
    work: (input: JobInput<Input>) => Output | Promise<Output>,
  ): AnyActorLogic {
    return fromPromise<Output, JobInput<Input>>(({ input, signal }) => {
      const usual = typeof takesMs === 'function' ? takesMs(input) : takesMs;
      const ms = chance.around(`job ${input.job.ref}`, usual);
      life.jobs.add(input.job.ref);
      signal.addEventListener('abort', () => life.jobs.delete(input.job.ref));
      return new Promise<Output>((resolve, reject) => {
        const isGone = () => life.isOver || signal.aborted;
        calendar.after(ms / 2, () => {
          if (isGone()) return;
          Promise.resolve()
            .then(() => work(input))
            .then(
              output => calendar.after(ms / 2, () => void (isGone() || resolve(output))),
              error => void (isGone() || reject(error)),
            );
        });
      }).finally(() => life.jobs.delete(input.job.ref));
    }) as AnyActorLogic;
  }

  const away = (): Away => ({ result: 'away', why: 'the forge does not answer', retryAt: null });
  const isForgeAway = () => forge?.isAway() === true;

  const prepare = job<TaskPlace, Prepared | Away>(5 * second, ({ taskId }) =>
    isForgeAway() ? away() : { base: code.base(taskId), ...code.at(taskId) },
  );

  const publish = job<TaskPlace & { stage: string; questions: string | null; objection: string | null }, Published>(
    2 * second,
    ({ taskId, stage, questions, objection, job: { ref } }) => {
      const process = processes.all.findLast(one => one.taskId === taskId && one.stage === stage);
      // What was committed is found when it is looked at again.
      if (world.isNew(`publish ${ref}`)) world.write(taskId, stage, process?.number ?? 0);
      return {
        ...code.at(taskId),
        questions: questions !== null && process?.plan.asks === true ? 'What is meant?' : null,
        objection: objection !== null && process?.plan.objects === true ? 'That cannot work.' : null,
      };
    },
  );

  const push = job<TaskPlace & { head: string }, Pushed | Away>(3 * second, ({ taskId, branch: name, head: sha }) => {
    if (forge === null || isForgeAway()) return away();
    const number = forge.push({ taskId, name, sha, tree: code.treeAt(sha) });
    return { result: 'pushed', pullRequest: { number, url: `https://forge.example/${number}` } };
  });

  const update = job<TaskPlace & { head: string }, Updated>(5 * second, ({ taskId, branch: name, head, job: own }) => {
    if (isForgeAway()) return away();
    if (code.isMerged(head) || code.isCurrent(head)) return { result: 'current' };
    const isAhead = code.isAhead(head);
    const number = world.numberOf(`update ${taskId}`, own.ref);
    if (isAhead && chance.happens(`conflict ${taskId} ${number}`, world.settings.conflicts))
      return { result: 'conflict', detail: 'both have changed the same lines' };
    const placed = world.update(taskId, head, stageAt(life.stateOf(taskId)));
    forge?.push({ taskId, name, sha: placed.head, tree: placed.codeTree, isOfOthers: !isAhead });
    return { result: 'updated', ...placed, isOnlyDocuments: !isAhead };
  });

  const merge = job<TaskPlace & { head: string }, Merged>(4 * second, ({ taskId, head }) => {
    if (isForgeAway()) return away();
    if (!code.isMerged(head) && !code.isCurrent(head)) return { result: 'moved' };
    const { head: commit, codeTree } = world.merge(taskId, head, stageAt(life.stateOf(taskId)));
    return { result: 'merged', commit, codeTree };
  });

  async function look(input: JobInput<JudgeInput>): Promise<Looked> {
    const { gate, taskId, head, job: own } = input;
    if (gate.kind === 'ci' || gate.kind === 'pullRequestReview')
      return judgeAtForge(gate, input, async () => forge!.client);
    const round = world.numberOf(`${taskId} ${gate.name}`, own.ref);
    const verdict = world.judge(gate, { taskId, tree: code.treeAt(head), round });
    return { gate: gate.name, verdict, detail: `${gate.name} says ${verdict}` };
  }

  const judge = job(({ gate }: { gate: Gate }) => (gate.kind === 'command' ? 180 : 1) * second, look);

  const agent = untilStopped(
    fromCallback<
      { type: string; signal: 'SIGTERM' | 'SIGKILL' },
      JobInput<{ runId: string; attempt: number; assignment: Assignment }>
    >(({ input, sendBack, receive }) => {
      const { runId, attempt, assignment } = input;
      const { taskId, stage } = assignment;
      const key = attemptId(runId, attempt);
      let letGo = () => {};
      let isReleased = false;
      life.jobs.add(input.job.ref);
      const isGone = () => isReleased || life.isOver;
      const begin = () => {
        if (isGone()) return;
        if (processes.find(key) === undefined) {
          const number = assignment.attempt + attempt - 1;
          world.begin({ key, taskId, stage, number, isFirst: attempt === 1 });
        }
        letGo = processes.watch(key, event => void (isGone() || sendBack(event)));
      };
      calendar.after(200, begin);
      receive(({ signal }) => void (isGone() || processes.signal(key, signal)));
      return () => {
        isReleased = true;
        life.jobs.delete(input.job.ref);
        letGo();
      };
    }),
  );

  const inspect = job<{ worktree: string }, Inspected>(second, ({ worktree }) => {
    const process = processes.all.findLast(one => worktree.endsWith(`/${one.taskId}`));
    const minutes = process === undefined || process.plan.end === 'stalled' ? 0 : Math.floor(calendar.now() / 60_000);
    return { fingerprint: `${process?.key} ${minutes}`, isChanged: true };
  });

  const probe = job(second, () => ({ ok: true, version: null }));
  const nothing = job(second, () => null);
  const kept = job(2 * second, () => null);

  /** Told to a forge, which may be away for now. */
  const toForge = (answer: () => unknown) => () => {
    if (life.isOver) throw new Error('the process is gone');
    if (isForgeAway()) throw new Later('the forge does not answer');
    return answer();
  };
  const inert = () => {};

  const outside: Record<string, Pick<MachineKind, 'actors' | 'effects'>> = {
    // It reads what the host has left, and never reports here.
    worker: { actors: { hostGauge: untilStopped(fromCallback(() => {})) } },
    breaker: {},
    preflight: { actors: { probe } },
    mergeQueue: {},
    token: {},
    order: {},
    delivery: {},
    agentRun: { actors: { agent, checkpoint: kept, inspect, hook: nothing } },
    gate: { actors: { judge } },
    conversation: {
      actors: { listen: job(second, () => ({ cursors: {}, words: [], isAsking: false })) },
      effects: { makeWord: { makes: 'word' } },
    },
    task: {
      actors: {
        ...{ prepare, publish, push, update, merge },
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
    },
  };
  return machineKinds
    .filter(({ name }) => Object.hasOwn(outside, name))
    .map(kind => ({ ...kind, ...outside[kind.name], build: definition => built(kind, definition) }));
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
