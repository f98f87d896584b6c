/**
 * A task that is a fork: it begins in the stage in which another one was after some entry of its log, with what that one knew
 * then, on a branch, in a worktree and under a name of its own. Nothing leads from it to the other one.
 */
import type { AgentSpec } from '../../domain/agent-spec.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Pipeline, Stage } from '../pipeline.ts';
import { playerOf, type Transition, told, toStage } from './common.ts';
import type { ForkedFrom, Inheritance, TaskContext, TaskInput } from './context.ts';
import { mergingLast } from './owing.ts';

/** The ways from the beginning into a later stage. */
export const forksBegin = ({ stages }: Pipeline): Transition[] =>
  stages.slice(1).map(({ name }) =>
    told('a fork goes on from where the other task was', {
      guard: { type: 'isForkAt', params: { stage: name } },
      target: toStage(name),
    }),
  );

/** The stage of a task in this state, by which a fork of it begins: null before the first, undefined once it has ended. */
export function stageToFork(pipeline: Pipeline, state: string): Stage | null | undefined {
  const [outer = '', inner = ''] = state.split('.');
  if (outer === 'created' || outer === 'waiting') return null;
  // What the last stage has added is on its way: there is no agent in that, so the stage that merges begins anew.
  if (outer === 'landing') return mergingLast(pipeline);
  return pipeline.stages.find(({ name }) => name === (outer === 'paused' ? inner : outer));
}

/** A task as it was after an entry of its log. */
export interface Past {
  seq: number;
  stage: Stage | null;
  context: TaskContext;
  /** By which it lived then. */
  pipeline: Pipeline;
}

/** What a person wants otherwise in a fork. */
export interface Otherwise {
  by: string;
  /** Instead of whoever plays the stage in which it begins. */
  agent?: AgentSpec | undefined;
  /** For every stage that the same agent plays. */
  model?: string | undefined;
  /** Told to the next agent. */
  prompt?: string | undefined;
}

/** What a fork is given just as the other task has it. */
const same = [
  'body',
  'project',
  'repository',
  'target',
  'priority',
  'hooks',
  'setUp',
  'gateEnv',
  'tests',
  'wantsBaseline',
] as const;

/** What a fork is made of, as far as that follows from the other task. */
export type Fork = Pick<TaskInput, (typeof same)[number] | 'agent' | 'agents'> & { fork: Inheritance };

/** Budgets of money and time are whole again: a fork has used nothing. What was counted and judged by then, it takes over. */
export function forkOf({ seq, stage, context, pipeline }: Past, otherwise: Otherwise): Fork {
  const { base, codeTree, attempts, rework, verdicts, baseline, madeIn, refused, decisions, noticed = [] } = context;
  const replaced = playerAt({ stage, context, pipeline }).name;
  const instead = (agent: AgentSpec) => (agent.name === replaced ? (otherwise.agent ?? agent) : agent);
  const played = pipeline.stages.filter(one => playerOf(context, one).name === replaced).map(({ name }) => name);
  const forkedFrom = { taskId: context.id, seq, stage: stage?.name ?? null, ...publishedBy(context) };
  const models = modelsOf(context, played, otherwise);
  const feedback = feedbackOf(context, otherwise);
  const kept = same.flatMap(key => (context[key] === undefined ? [] : [[key, context[key]] as const]));
  return {
    ...(Object.fromEntries(kept) as Pick<TaskInput, (typeof same)[number]>),
    agent: instead(context.agent),
    agents: Object.fromEntries(Object.entries(context.agents).map(([role, agent]) => [role, instead(agent)] as const)),
    fork: {
      ...{ forkedFrom, base, codeTree, attempts, rework, verdicts, models, feedback, noticed },
      ...(baseline !== undefined && { baseline }),
      ...(madeIn !== undefined && { madeIn }),
      ...(refused !== undefined && { refused }),
      ...(decisions !== undefined && { decisions }),
    },
  };
}

/** One that is a fork itself, and has not begun yet, stands where it is to begin. */
function publishedBy({ head, workItem, forkedFrom }: TaskContext): Pick<ForkedFrom, 'commit' | 'workItem'> {
  if (head !== '' || forkedFrom === undefined) return { commit: head, workItem };
  return { commit: forkedFrom.commit, workItem: forkedFrom.workItem };
}

/** Who plays the stage in which a fork begins. */
export const playerAt = ({ stage, context, pipeline }: Omit<Past, 'seq'>): AgentSpec =>
  playerOf(context, stage ?? pipeline.stages[0]!);

/** A model belongs to the agent for which it was chosen. */
function modelsOf(
  { models }: TaskContext,
  played: readonly string[],
  { agent, model }: Otherwise,
): Record<string, string> {
  const kept = Object.entries(models).filter(([stage]) => agent === undefined || !played.includes(stage));
  const chosen = model === undefined ? [] : played.map(stage => [stage, model] as const);
  return Object.fromEntries([...kept, ...chosen]);
}

/** What came back before is not forgotten over what a person says now. */
function feedbackOf({ feedback }: TaskContext, { by, prompt }: Otherwise): TaskContext['feedback'] {
  if (prompt === undefined) return feedback;
  if (feedback === null) return { from: by, text: prompt };
  return { from: by, text: `${prompt}\n\nBefore that, ${feedback.from} said:\n\n${feedback.text}` };
}

/**
 * What was judged, as a fork has it on its own branch. That begins with a commit which adds nothing but the documents under the fork's
 * own name, so what was judged of the code before holds for it just so.
 */
export function judgedOnBranch(
  { forkedFrom, head, codeTree: before, verdicts, refused }: TaskContext,
  codeTree: string,
): Pick<TaskContext, 'verdicts' | 'refused'> {
  const kept = { verdicts, ...(refused !== undefined && { refused }) };
  if (forkedFrom === undefined || forkedFrom.commit === '' || head !== '') return kept;
  const onBranch = <T extends { codeTree: string }>(judged: T): T =>
    judged.codeTree === before ? { ...judged, codeTree } : judged;
  const carried = Object.entries(verdicts).map(([gate, verdict]): [string, Verdict] => [gate, onBranch(verdict)]);
  return { verdicts: Object.fromEntries(carried), ...(refused !== undefined && { refused: refused.map(onBranch) }) };
}
