/** Calls an agent for a single piece of work, as coordinators do: a task of one stage whose branch is not merged. */

import { resolve } from 'node:path';
import { z } from 'zod';
import { createTask, isIdFree, type NewTask, underFreeId } from '../app/new-task.ts';
import { checkRepository } from '../app/repository.ts';
import { setupFor } from '../app/setup.ts';
import type { Config } from '../config/schema.ts';
import { SignalboxError } from '../domain/errors.ts';
import { checkId, checkTitle, longestTitle } from '../domain/names.ts';
import { own } from '../domain/own.ts';
import { agentTypes, gateProfiles, roleOf, spawnPipeline, usualProfile } from '../machines/spawn-pipelines.ts';
import { notBegun } from './not-begun.ts';
import { madeBy } from './once.ts';
import { operation, type Who } from './operation.ts';

const list = (means: string) => z.array(z.string().trim().min(1).max(2_000)).max(100).default([]).describe(means);

const input = z.strictObject({
  taskId: z.string().min(1).describe('what it is for; part of its id'),
  agentType: z.enum(agentTypes).describe('worker, reviewer or tester'),
  gateProfile: z.enum(gateProfiles).optional().describe('strict, standard, minimal or custom'),
  gates: z
    .array(z.string().regex(/^[A-Za-z][\w:.-]{0,63}$/, 'use the name of a script or target of the repository'))
    .max(20)
    .refine(gates => new Set(gates).size === gates.length, 'a gate is named twice')
    .default([])
    .describe('scripts of the repository that are the gates, for the profile custom'),
  context: z.strictObject({
    repository: z.string().min(1).describe('the path of a git repository, or a project'),
    branch: z.string().min(1).optional().describe('the branch to begin on'),
    workItems: list('what is to be done'),
    skills: list('what the agent should be good at; part of its prompt'),
  }),
});
type Input = z.output<typeof input>;

export const agentSpawn = operation({
  name: 'agent.spawn',
  summary: 'call an agent for a single piece of work on a branch of its own; nothing is merged',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  creates: true,
  input,
  output: z.object({
    agentId: z.string().describe('stands for its newest run wherever an agent is named'),
    status: z.literal('spawning'),
  }),
  route: { method: 'POST', path: '/agents/spawn', status: 202 },
  fails: notBegun,
  async plan(here, order, who): Promise<Omit<NewTask, 'id'>> {
    const { taskId, agentType, gateProfile = usualProfile[agentType], gates, context } = order;
    checkGates(gateProfile, gates);
    checkId(taskId, 'The taskId');
    const { config } = await here.configuration();
    const path = pathOf(config, context.repository, here.cwd, who);
    const { repository, target } = await checkRepository(path, context.branch, {
      repository: 'repository',
      target: 'branch',
    });
    const setup = setupFor(config, true, repository, { agentEnv: [], cwd: here.cwd });
    return {
      ...setup,
      agent: own(setup.agents, roleOf(agentType)) ?? setup.agent,
      title: checkTitle(titleOf(context.workItems[0]) || `${agentType} for ${taskId}`),
      body: bodyOf(context),
      repository,
      target,
      pipeline: spawnPipeline(agentType, gateProfile, gates),
      // Nothing of it is merged, so it is nobody else's business.
      forge: null,
      source: null,
      blockedBy: [],
    };
  },
  async already({ runtime }, _, { key }) {
    const agentId = await madeBy(runtime, key);
    return agentId === undefined ? undefined : { agentId, status: 'spawning' as const };
  },
  async run(app, { taskId, agentType }, who, task) {
    const base = `${taskId}-${agentType}`;
    const ids = {
      idAt: (index: number) => (index === 1 ? base : `${base}-${index}`),
      isFree: (id: string) => isIdFree(app, id),
    };
    const agentId = await underFreeId(app, ids, id => createTask(app, { ...task, id }, who));
    return { agentId, status: 'spawning' as const };
  },
});

/** The first line of a work item, without what a title may not hold. */
const titleOf = (item = '') =>
  item
    .split('\n', 1)[0]!
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, longestTitle)
    // A character that was cut in two.
    .replace(/[\ud800-\udbff]$/, '');

function checkGates(profile: string, gates: readonly string[]): void {
  if ((profile === 'custom') === gates.length > 0) return;
  const message =
    profile === 'custom'
      ? 'The gate profile custom needs `gates`: names of scripts of the repository.'
      : `\`gates\` are for the profile custom; ${profile} has its own.`;
  throw new SignalboxError('invalid', 'badInput', message, { problems: [{ path: 'gates', message }] });
}

/** Paths of this machine are for those who may do anything on it. */
function pathOf({ projects }: Config, named: string, cwd: string, who: Who): string {
  const project = own(projects, named);
  if (project !== undefined) return project.repository;
  const path = resolve(cwd, named);
  const isConfigured = Object.values(projects).some(({ repository }) => repository === path);
  if (who.role === 'admin' || isConfigured) return path;
  const why = 'Only an administrator may name a path of this machine that is no project.';
  throw new SignalboxError('forbidden', 'commandNotAllowed', why, {
    remedy: { say: 'name a project of the configuration', field: 'repository' },
  });
}

function bodyOf({ workItems, skills }: Input['context']): string {
  const items = workItems.map(item => `- ${item}`).join('\n');
  const needed = skills.length === 0 ? '' : `Skills asked for: ${skills.join(', ')}.`;
  return [items, needed].filter(part => part !== '').join('\n\n');
}
