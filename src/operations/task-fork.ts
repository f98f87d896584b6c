/**
 * Makes a new task of what another one was at an entry of its log: the stage, the commit and the documents of then, on a branch of
 * its own. The other one goes on as if nothing had happened.
 */
import { z } from 'zod';
import { forkTask } from '../app/fork.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkId, checkTitle, quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { own } from '../domain/own.ts';
import { taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { madeBy } from './once.ts';
import { type Here, operation } from './operation.ts';
import { taskNow } from './sending.ts';
import { taskView } from './views/task.ts';

/** As much as an agent is told of what people say. */
const longestPrompt = 4_000;

export const taskFork = operation({
  name: 'task.fork',
  summary: 'make a new task that goes on from where another one was; that one is left alone',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({
    taskId,
    at: z
      .int({ error: 'write a whole number' })
      .min(1, 'write a whole number from 1')
      .optional()
      .describe('as it was after this entry of its log; without it as it is now'),
    agent: z
      .string()
      .max(200)
      .optional()
      .describe('an agent of the configuration, in place of the one that works in that stage, wherever that one works'),
    model: z.string().trim().min(1).max(200).optional().describe('the model for whoever works in that stage'),
    prompt: z
      .string()
      .trim()
      .min(1, `write a text of 1 to ${longestPrompt} characters`)
      .max(longestPrompt, `write a text of 1 to ${longestPrompt} characters`)
      .optional()
      .describe('what the next agent is told beside what it is told in any case'),
    title: z.string().max(100_000).optional().describe('what is wanted, in a few words; without it the title of then'),
    id: z.string().max(100_000).optional().describe('the id of the new task, such as ET-004'),
  }),
  output: taskView,
  args: ['taskId'],
  route: { method: 'POST', path: '/tasks/:taskId/fork', status: 201 },
  fails: [
    'noTask',
    'beyondLog',
    'ended',
    'commitGone',
    'badId',
    'badTitle',
    'badAgent',
    'idTaken',
    'branchTaken',
    'gitUnusable',
    'gitFailed',
    'logDiverged',
    'definitionMissing',
    'brokenActor',
    'refusedCreation',
  ],
  async plan(here, { id, title, agent }): Promise<AgentSpec | undefined> {
    if (id !== undefined) checkId(id, 'The id');
    if (title !== undefined) checkTitle(title);
    return agent === undefined ? undefined : agentNamed(here, agent);
  },
  async already(app, _, { key }) {
    const id = await madeBy(app.runtime, key);
    return id === undefined ? undefined : taskNow(app, id);
  },
  async run(app, { taskId: other, at, id, title, model, prompt }, who, agent) {
    const row = await taskRow(app.runtime, other);
    const order = { at, id, title: title?.trim(), otherwise: { agent, model, prompt } };
    return taskNow(app, await forkTask(app, row, order, who));
  },
});

/** Throws `badAgent` with the nearest. */
async function agentNamed(here: Here, name: string): Promise<AgentSpec> {
  const { agents } = (await here.configuration()).config;
  const agent = own(agents, name);
  if (agent !== undefined) return agent;
  const near = nearest(name, Object.keys(agents)).join(', ');
  const why = `There is no agent ${quote(name)} in the configuration; the nearest are ${near}.`;
  throw new SignalboxError('invalid', 'badAgent', why, { remedy: { say: 'name one of them', field: 'agent' } });
}
