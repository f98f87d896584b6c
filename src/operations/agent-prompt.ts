/** What an agent was asked, word by word. */
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { promptOf } from '../app/run-prompt.ts';
import { SignalboxError } from '../domain/errors.ts';
import { coveredIn } from '../domain/variables.ts';
import type { AgentRunContext } from '../machines/agent-run-context.ts';
import { agentId } from './fields.ts';
import { runRow } from './find.ts';
import { operation, type Site } from './operation.ts';

const mediaType = 'text/plain';

export const agentPrompt = operation({
  name: 'agent.prompt',
  summary: 'the prompt that an attempt of an agent run was given',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    agentId,
    attempt: z.coerce.number().int().min(1).optional().describe('the attempt, from 1; the newest one without it'),
  }),
  output: z.object({
    agentId: z.string(),
    attempt: z.int(),
    attempts: z.int().describe('processes started so far'),
    text: z.string().describe('the prompt as Markdown'),
  }),
  args: ['agentId'],
  route: { method: 'GET', path: '/agents/:agentId/prompt', status: 200 },
  fails: ['noRun', 'noRunYet', 'noAttempt', 'noPromptYet', 'promptGone'],
  media: ({ text }) => ({ type: `${mediaType}; charset=utf-8`, text }),
  mediaTypes: [mediaType],
  async run({ runtime, paths, store }, { agentId: id, attempt: asked }) {
    const row = await runRow(runtime, id).catch(async error => {
      throw (await isRemoved(store, id)) ? removed(id) : error;
    });
    const { attempt: attempts, agent, startedAt } = contextOf<AgentRunContext>(row);
    const attempt = asked ?? Math.max(attempts, 1);
    const isAwaited = row.status === 'active' && startedAt === null && attempt === Math.max(attempts, 1);
    if (attempt > attempts && !isAwaited) throw noAttempt(row.id, attempt, attempts);
    const text = promptOf(paths, row.id, attempt);
    if (text === undefined) throw isAwaited ? notYet(row.id) : gone(`The prompt of attempt ${attempt} of ${row.id}`);
    return { agentId: row.id, attempt, attempts, text: coveredIn(text, agent.set ?? {}) };
  },
});

/** A run is called after its task, and an id of a task has no dot. */
const isRemoved = ({ isGone }: Site['store'], id: string) => isGone('task', id.split('.', 1)[0]!);

const removed = (id: string) => gone(`What was done for ${id} was removed a while after it had ended; its prompt`);

const noAttempt = (id: string, attempt: number, attempts: number) =>
  new SignalboxError('not_found', 'noAttempt', `${id} has no attempt ${attempt}; it has had ${attempts} so far.`, {
    remedy: { say: 'give one that it has had, or none for the newest', field: 'attempt' },
  });

const notYet = (id: string) =>
  new SignalboxError('not_found', 'noPromptYet', `The prompt of ${id} is not written yet: its agent has not started.`, {
    remedy: { say: 'look what it waits for', operation: 'agent.show', input: { agentId: id } },
  });

const gone = (what: string) => new SignalboxError('not_found', 'promptGone', `${what} is not kept any more.`);
