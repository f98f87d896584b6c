/** Calling an agent for a single piece of work, as coordinators do: a task of one stage whose branch is not merged. */
import { z } from 'zod';
import type { App } from '../app/open.ts';
import type { Config } from '../config/schema.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkId } from '../domain/names.ts';
import { agentTypes, gateProfiles, roleOf, spawnPipeline, usualProfile } from '../machines/spawn-pipelines.ts';
import { checkRepository } from './preflight.ts';
import { setupFor } from './setup.ts';
import { createTasks } from './tasks.ts';

const list = z.array(z.string().trim().min(1).max(2_000)).max(100).default([]);

/** What `POST /agents/spawn` takes, and `signalbox agent spawn`. */
export const spawnSchema = z.strictObject({
  taskId: z.string().min(1),
  agentType: z.enum(agentTypes),
  gateProfile: z.enum(gateProfiles).optional(),
  /** The scripts that are the gates of the profile `custom`. */
  gates: z
    .array(z.string().regex(/^[A-Za-z][\w:.-]{0,63}$/, 'use the name of a script or target of the repository'))
    .max(20)
    .refine(gates => new Set(gates).size === gates.length, 'a gate is named twice')
    .default([]),
  context: z.strictObject({
    /** Path of a local repository. */
    repository: z.string().min(1),
    /** The branch to begin on. */
    branch: z.string().min(1).optional(),
    /** What is to be done, in words. */
    workItems: list,
    /** What the agent should be good at; part of its prompt. */
    skills: list,
  }),
});

export interface Spawned {
  /** Stands for its newest run in every command on agents. */
  agentId: string;
  status: 'spawning';
}

/** Throws `invalid` with a problem for each field that is wrong, and what `tasks.add` throws. */
export async function spawnAgent(app: App, config: Config, request: unknown): Promise<Spawned> {
  const parsed = spawnSchema.safeParse(request);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    const words = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new SignalboxError('invalid', 'badInput', `The order for an agent is not valid: ${words}.`, { problems });
  }
  const { taskId, agentType, gateProfile = usualProfile[agentType], gates, context } = parsed.data;
  if (gateProfile === 'custom' && gates.length === 0) {
    throw new SignalboxError(
      'invalid',
      'badInput',
      'The gate profile custom needs `gates`: names of scripts of the repository.',
    );
  }
  if (gateProfile !== 'custom' && gates.length > 0) {
    const message = `\`gates\` are for the profile custom; ${gateProfile} has its own.`;
    throw new SignalboxError('invalid', 'badInput', message, { problems: [{ path: 'gates', message }] });
  }
  checkId(taskId, 'The taskId');
  const { repository, target } = await checkRepository(context.repository, context.branch, {
    repository: 'repository',
    target: 'branch',
  });
  const setup = setupFor(config, true, repository, { agentEnv: [] });
  const tasks = createTasks(app);
  const task = await tasks.add({
    ...setup,
    agent: setup.agents[roleOf(agentType)] ?? setup.agent,
    id: await freeId(tasks, `${taskId}-${agentType}`),
    title: context.workItems[0]?.split('\n', 1)[0]?.slice(0, 300) ?? `${agentType} for ${taskId}`,
    body: bodyOf(context),
    repository,
    target,
    pipeline: spawnPipeline(agentType, gateProfile, gates),
  });
  return { agentId: task.id, status: 'spawning' };
}

async function freeId(tasks: ReturnType<typeof createTasks>, base: string): Promise<string> {
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if ((await tasks.find(id)) === undefined) return id;
  }
}

function bodyOf({ workItems, skills }: z.output<typeof spawnSchema>['context']): string {
  const items = workItems.map(item => `- ${item}`).join('\n');
  const needed = skills.length === 0 ? '' : `Skills asked for: ${skills.join(', ')}.`;
  return [items, needed].filter(part => part !== '').join('\n\n');
}
