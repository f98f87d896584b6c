/** What agents of the default pipeline are asked to do. */
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { leavesOf } from '../../src/machines/pipeline.ts';
import { type PromptAssignment, type PromptVariables, variablesOf } from '../../src/prompts/variables.ts';

export const stages = defaultPipeline.stages;

/** The assignment of a stage of the default pipeline, as the task machine makes it. */
export function assignmentOf(stageName: string, given: Partial<PromptAssignment> = {}): PromptAssignment {
  const stage = stages.find(({ name }) => name === stageName) ?? stages[0]!;
  return {
    taskId: 'task-1',
    workItem: 'ET-1',
    title: 'Fix the total',
    body: 'Two items at 3.00 cost 3.00.',
    project: 'shop',
    stage: stage.name,
    role: stage.role,
    attempt: 1,
    worktree: '/srv/worktrees/task-1',
    repository: '/srv/shop',
    branch: 'feature/ET-1-fix-the-total',
    target: 'main',
    hasPrompts: true,
    documents: 'docs/work-items/ET-1',
    leaves: leavesOf(stage),
    questionsFile: stage.questions ?? null,
    objectionFile: stage.objection?.file ?? null,
    objectionTo: stage.objection?.to ?? null,
    atForge: false,
    feedback: null,
    handover: null,
    kind: 'fresh',
    ...given,
  };
}

export const variablesFor = (given: Partial<PromptAssignment> = {}): PromptVariables =>
  variablesOf(assignmentOf('review', given));

/** What a prompt says outside its fenced blocks of data, and what each block holds. */
export function takeApart(prompt: string): { words: string; blocks: string[] } {
  const words: string[] = [];
  const blocks: string[] = [];
  let fence: string | undefined;
  let block: string[] = [];
  // As CommonMark reads it: a fence ends with a line of at least as many backticks and nothing else.
  for (const line of prompt.split('\n')) {
    if (fence === undefined) {
      fence = /^(`{3,})[^`]*$/.exec(line)?.[1];
      if (fence === undefined) words.push(line);
    } else if (/^`+\s*$/.test(line) && line.trim().length >= fence.length) {
      blocks.push(block.join('\n'));
      block = [];
      fence = undefined;
    } else block.push(line);
  }
  if (fence !== undefined) throw new Error('a block is not closed');
  return { words: words.join('\n'), blocks };
}
