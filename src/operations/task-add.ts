/** Makes a task. Everything that can be wrong is found before anything is made. */
import { z } from 'zod';
import { branchOf, checkBranchIsFree, createTask, type NewTask } from '../app/new-task.ts';
import { findPipeline, meansFile, requireHolding } from '../app/pipelines.ts';
import { checkPrograms, findRepository, setupFor } from '../app/setup.ts';
import type { LoadedConfig } from '../config/load.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkId, checkTitle } from '../domain/names.ts';
import { type Pipeline, pipelineSchema } from '../machines/pipeline.ts';
import { priority } from './fields.ts';
import { taskRow } from './find.ts';
import { notBegun } from './not-begun.ts';
import { madeBy } from './once.ts';
import { operation, type Who } from './operation.ts';
import { unreadablePipeline } from './pipelines.ts';
import { taskNow } from './sending.ts';
import { taskView } from './views/task.ts';

const input = z.strictObject({
  title: z.string().max(100_000).describe('what is wanted, in a few words'),
  body: z.string().max(1_000_000, 'write at most 1000000 characters').default('').describe('the work item in full'),
  project: z.string().max(200).optional().describe('a project of the configuration'),
  repository: z.string().max(4_000).optional().describe('the path of a git repository, instead of a project'),
  target: z.string().max(1_000).optional().describe('the branch to merge into (the one that is checked out)'),
  agent: z.string().max(100_000).optional().describe('an agent of the configuration, a built-in one, or a command'),
  agentEnv: z.array(z.string().max(200)).max(100).default([]).describe('environment variables that the agent may see'),
  pipeline: z
    .union([z.string().max(4_000), z.record(z.string(), z.json())])
    .optional()
    .describe('a pipeline by its name, its file, or as data'),
  priority: priority.optional(),
  blockedBy: z
    .array(z.string().max(200))
    .max(50)
    .default([])
    .describe('ids of tasks that have to be done before it begins'),
  id: z.string().max(100_000).optional().describe('the id of the task, such as ET-003'),
  cwd: z.string().max(4_000).optional().describe('what relative paths are relative to'),
  tryPrograms: z.boolean().default(false).describe('try first whether the programs of the agents can be started'),
});
type Input = z.output<typeof input>;

export const taskAdd = operation({
  name: 'task.add',
  summary: 'make a task; whoever works on the data takes it up',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  creates: true,
  input,
  output: taskView,
  route: { method: 'POST', path: '/tasks', status: 201 },
  fails: [
    ...notBegun,
    ...unreadablePipeline,
    'noTask',
    'repositoryMissing',
    'noProject',
    'pipelineRefuted',
    'agentUnusable',
    'brokenActor',
  ],
  async plan(here, order, who): Promise<NewTask> {
    if (order.id !== undefined) checkId(order.id, 'The id');
    const configuration = await here.configuration();
    requireMay(order, configuration, who);
    const { config, file } = configuration;
    const cwd = order.cwd ?? here.cwd;
    const { repository, target } = await findRepository(config, order, cwd);
    const title = checkTitle(order.title);
    const { project, agent, agentEnv, priority: urgency } = order;
    const choice = { project, agent, agentEnv, priority: urgency, cwd };
    const setup = setupFor(config, file !== null, repository, choice);
    const pipeline = await pipelineFor(order, setup.pipeline, cwd);
    if (order.id !== undefined) await checkBranchIsFree(repository, branchOf(order.id, title));
    if (order.tryPrograms) await checkPrograms(setup, config.preflight.timeLimitMs);
    const blockedBy = order.blockedBy.map(task => ({ name: task, task, item: null }));
    return { ...setup, id: order.id, title, body: order.body, repository, target, pipeline, source: null, blockedBy };
  },
  async already(app, _, { key }) {
    const id = await madeBy(app.runtime, key);
    return id === undefined ? undefined : taskNow(app, id);
  },
  async run(app, { blockedBy }, who, task) {
    for (const id of blockedBy) await taskRow(app.runtime, id);
    return taskNow(app, await createTask(app, task, who));
  },
});

function pipelineFor({ pipeline }: Input, usual: string, cwd: string): Promise<Pipeline> | Pipeline {
  if (typeof pipeline !== 'object') return findPipeline(pipeline ?? usual, cwd);
  const parsed = pipelineSchema.safeParse(pipeline);
  if (parsed.success) return requireHolding(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => ({
    path: ['pipeline', ...path].join('.'),
    message,
  }));
  const words = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new SignalboxError('invalid', 'badInput', `The pipeline is not valid: ${words}.`, { problems });
}

/** Commands, paths and variables of this machine are for those who may do anything on it. */
function requireMay({ agent, agentEnv, repository, pipeline }: Input, { config }: LoadedConfig, who: Who): void {
  if (who.role === 'admin') return;
  const refuse = (field: string, say: string) => {
    throw new SignalboxError(
      'forbidden',
      'commandNotAllowed',
      'Only an administrator may name commands, paths and variables of this machine.',
      { remedy: { say, field } },
    );
  };
  if (agent !== undefined && !Object.hasOwn(config.agents, agent))
    refuse('agent', 'name an agent of the configuration');
  if (repository !== undefined) refuse('project', 'name a project of the configuration');
  // What an agent sees, its log shows.
  if (agentEnv.length > 0) refuse('agentEnv', 'name the variables in the configuration of the agent');
  // A pipeline of one's own has command lines in its gates, and decides what is merged.
  if (pipeline !== undefined && (typeof pipeline !== 'string' || meansFile(pipeline))) {
    refuse('pipeline', 'name a pipeline that there is, or leave it to the project');
  }
}
