/**
 * Runs a stage again, with what the configuration in force says of its agents now: what a person has fixed since the task
 * began takes effect. An agent that the file does not name stays as it is.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { ensureServices } from '../app/services.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type AgentSpec, weakerThan } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { TaskContext } from '../machines/task/context.ts';
import { reason, taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { type Here, operation } from './operation.ts';
import { sendToTask } from './sending.ts';
import { sentEvent } from './views/task.ts';

export const taskRetry = operation({
  name: 'task.retry',
  summary: 'run the stage again, with what the configuration says of its agents now',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({
    taskId,
    reason,
    weakerSandbox: z
      .boolean()
      .default(false)
      .describe('go on with a weaker sandbox, where the configuration has one now; for administrators'),
  }),
  output: sentEvent,
  args: ['taskId'],
  route: { method: 'POST', path: '/tasks/:taskId/retry', status: 202 },
  fails: ['noTask', 'weakerSandbox', 'brokenActor'],
  async plan(_, { weakerSandbox }, who) {
    if (!weakerSandbox || who.role === 'admin') return;
    const why = 'Only an administrator may allow a weaker sandbox.';
    throw new SignalboxError('forbidden', 'notAllowed', why, {
      remedy: { say: 'leave it out', field: 'weakerSandbox' },
    });
  },
  async run(app, { taskId: id, reason: because, weakerSandbox }, who) {
    const context = contextOf<TaskContext>(await taskRow(app.runtime, id));
    const { repository, target } = context;
    const present = agentsOf(context);
    const fixed = await fixedAgents(app.here, context);
    if (!weakerSandbox) for (const spec of fixed) refuseWeaker(id, spec, present.get(spec.name)!);
    if (fixed.length > 0) await ensureServices(app, { agents: fixed, repository, target });
    const said: JsonObject = because === undefined ? {} : { reason: because };
    return sendToTask(app, id, { type: 'task.retry', ...renewing(fixed), ...said }, who);
  },
});

const agentsOf = ({ agent, agents }: Pick<TaskContext, 'agent' | 'agents'>) =>
  new Map([agent, ...Object.values(agents)].map(spec => [spec.name, spec] as const));

/** What the event says of them. */
export const renewing = (fixed: readonly AgentSpec[]): JsonObject =>
  fixed.length === 0
    ? {}
    : { agents: Object.fromEntries(fixed.map(spec => [spec.name, spec])) as unknown as JsonObject };

/** The agents of a task of which the configuration in force says something else by now, as it has them. */
export const fixedAgents = async (here: Here, context: Pick<TaskContext, 'agent' | 'agents'>): Promise<AgentSpec[]> =>
  renewed([...agentsOf(context).values()], await namedAgents(here));

/** The agents that the configuration in force names itself. One that is broken fixes nothing. */
async function namedAgents(here: Here): Promise<AgentSpec[]> {
  const loaded = await here.configuration().catch((): LoadedConfig | undefined => undefined);
  return (loaded?.named ?? []).flatMap(name => loaded?.config.agents[name] ?? []);
}

function renewed(present: readonly AgentSpec[], named: readonly AgentSpec[]): AgentSpec[] {
  return present.flatMap(spec => {
    const now = named.find(({ name }) => name === spec.name);
    if (now === undefined) return [];
    // What was named when the task began stays.
    const next = { ...now, env: [...new Set([...now.env, ...spec.env])] };
    return isDeepStrictEqual(next, spec) ? [] : [next];
  });
}

function refuseWeaker(id: string, now: AgentSpec, before: AgentSpec): void {
  const weaker = weakerThan(now.sandbox, before.sandbox);
  if (weaker.length === 0) return;
  const why = `The configuration gives ${now.name} a weaker sandbox than ${id} began with: ${weaker.join(', ')}.`;
  throw new SignalboxError('conflict', 'weakerSandbox', why, {
    remedy: { say: 'fix the configuration, or allow it', field: 'weakerSandbox' },
  });
}
