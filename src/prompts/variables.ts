/** What a template may speak of. The names are public: people's own templates are written with them. */
import { requestFolder } from '../domain/agent-request.ts';
import type { Assignment, Beginning } from '../domain/assignment.ts';

/** Everything a prompt is made from. */
export interface PromptAssignment extends Omit<Assignment, 'head' | 'stale'> {
  handover: { summary: string; changes: string } | null;
  kind: Beginning;
}

/** The variables of every template. Text that comes from outside is guarded by the renderer, not here. */
export interface PromptVariables {
  task: { id: string; title: string; body: string };
  workItem: string;
  project: string;
  stage: {
    name: string;
    role: string;
    attempt: number;
    leaves: string[];
    questionsFile: string | null;
    objectionFile: string | null;
    objectionTo: string | null;
  };
  documents: string;
  branch: string;
  target: string;
  worktree: string;
  requests: string | null;
  feedback: { from: string; text: string } | null;
  decisions: { by: string; stage: string; kind: string; question: string | null; text: string }[];
  concerns: string | null;
  handover: { summary: string; changes: string } | null;
}

/** How text from outside is shown: as a fenced block, as one quoted line, or as a name that is quoted where it must be. */
export type Shape = 'block' | 'line' | 'name';

/** Every variable by its path, with what it is. `from` says that its text comes from outside, and how it is shown. */
export const documentedVariables: Record<string, { about: string; from?: Shape }> = {
  'task.id': { about: "the task's id" },
  'task.title': { about: 'its title, as one quoted line', from: 'line' },
  'task.body': { about: 'its text, as a fenced block; empty when there is none', from: 'block' },
  workItem: { about: 'the work item, such as `ET-003`' },
  project: { about: "the project's name" },
  'stage.name': { about: 'the stage, such as `review`' },
  'stage.role': { about: 'who works in it, such as `reviewer`' },
  'stage.attempt': { about: 'the number of this attempt at the stage, from 1' },
  'stage.leaves': { about: 'a list of what the gates look for in the documents folder, in words' },
  'stage.questionsFile': { about: 'the file by which the agent asks a person, or null' },
  'stage.objectionFile': { about: 'the file by which it objects to earlier work, or null' },
  'stage.objectionTo': { about: 'the stage that an objection leads to, or null' },
  documents: { about: "the folder of the work item's documents, inside the worktree" },
  branch: { about: "the task's branch" },
  target: { about: 'the branch that the work is merged into' },
  worktree: { about: 'absolute path of the worktree, in which the agent starts' },
  requests: {
    about: 'the folder of files by which the agent asks for something at the forge, or null where there is none',
  },
  feedback: { about: 'why the work came back, or null' },
  'feedback.from': { about: 'a stage, a gate, `merge` or a person', from: 'name' },
  'feedback.text': { about: 'what was said, as a fenced block', from: 'block' },
  decisions: { about: 'a list of what people have decided before that, the newest last; each with the following' },
  'decisions.by': { about: 'who', from: 'name' },
  'decisions.stage': { about: 'in which stage' },
  'decisions.kind': { about: '`answer`, `rejection`, or `comment` with another decision' },
  'decisions.question': { about: 'what an agent had asked, as a fenced block; null where nobody had', from: 'block' },
  'decisions.text': { about: 'what was said, as a fenced block', from: 'block' },
  concerns: {
    about:
      'what the branch changes of how it is judged (scripts, configuration of tests, builds, tests that are gone), or null',
    from: 'block',
  },
  handover: { about: 'what an earlier session left, or null' },
  'handover.summary': { about: 'what it did and what remains, as a fenced block', from: 'block' },
  'handover.changes': { about: 'the changes in the worktree, as a fenced block', from: 'block' },
};

export function variablesOf(assignment: PromptAssignment): PromptVariables {
  const { taskId, title, body, stage, role, attempt, leaves, questionsFile, objectionFile, objectionTo } = assignment;
  const { workItem, project, documents, branch, target, worktree, atForge, feedback, handover } = assignment;
  const { concerns = [], decisions = [] } = assignment;
  return {
    task: { id: taskId, title, body },
    stage: { name: stage, role, attempt, leaves, questionsFile, objectionFile, objectionTo },
    workItem,
    project,
    documents,
    branch,
    target,
    worktree,
    // A run that began with an earlier version does not say.
    requests: atForge === true ? `${documents}/${requestFolder}` : null,
    feedback,
    decisions: decisions.map(({ by, stage: where, kind, question, text }) => ({
      by,
      stage: where,
      kind,
      question,
      text,
    })),
    concerns: concerns.length === 0 ? null : concerns.join('\n'),
    handover,
  };
}

/** Made-up values for every situation in which a template is rendered, to try it before an agent needs it. */
export function sampleVariables(stage: { name: string; role: string }): PromptVariables[] {
  const first: PromptVariables = {
    task: { id: 'task-1', title: 'Fix the total', body: 'Two items at 3.00 cost 3.00.' },
    workItem: 'ET-1',
    project: 'shop',
    stage: {
      ...stage,
      attempt: 1,
      leaves: ['12-review.md with the front matter "verdict: APPROVED or REQUEST_CHANGES"'],
      questionsFile: '01-questions.md',
      objectionFile: '10-conflict.md',
      objectionTo: 'analysis',
    },
    documents: 'docs/work-items/ET-1',
    branch: 'feature/ET-1-fix-the-total',
    target: 'main',
    worktree: '/srv/signalbox/worktrees/shop/task-1',
    requests: null,
    feedback: null,
    decisions: [],
    concerns: null,
    handover: null,
  };
  const bare = { ...first.stage, leaves: [], questionsFile: null, objectionFile: null, objectionTo: null };
  const rework = { ...first.stage, attempt: 2 };
  const handover = { summary: 'The sum is fixed; its test is missing.', changes: ' total.sh | 2 +-' };
  return [
    first,
    { ...first, task: { ...first.task, body: '' }, stage: bare },
    { ...first, stage: rework, feedback: { from: 'review', text: 'The test is missing.' } },
    { ...first, concerns: 'Makefile was changed\nthe test total.test.js was removed' },
    { ...first, stage: rework, feedback: { from: 'merge', text: 'The branch conflicts in:\ntotal.sh' } },
    { ...first, handover },
    {
      ...first,
      decisions: [
        { by: 'anna', stage: 'analysis', kind: 'answer', question: 'Which currency?', text: 'Euro.' },
        { by: 'ben', stage: 'review', kind: 'rejection', question: null, text: 'Leave the API as it is.' },
      ],
    },
    { ...first, requests: `${first.documents}/${requestFolder}` },
  ];
}
