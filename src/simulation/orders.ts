/** What comes from outside: orders of tasks, webhooks of the forge, and what others put into the target. */
import { takeDelivery } from '../app/deliveries.ts';
import { type AgentSpec, plainAgent } from '../domain/agent-spec.ts';
import { messageOf } from '../domain/errors.ts';
import { noHooks } from '../domain/hook.ts';
import type { Json } from '../domain/json.ts';
import type { RawDelivery } from '../integrations/webhook.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { repositoryName, webhookSecret } from './forge/deliveries.ts';
import { forgeName } from './forge/forge.ts';
import { isKilled, mergeQueue, type Orchestrator, place, serve } from './orchestrator.ts';
import type { People } from './people/people.ts';
import { isAtForge, type World } from './world.ts';

const agent: AgentSpec = {
  ...plainAgent('agent', ['agent']),
  provider: 'provider',
  watch: { silenceMs: 15 * 60_000, noProgressMs: 45 * 60_000 },
  canResume: true,
};
const retryMs = 60_000;
const dayMs = 24 * 3_600_000;

/** Orders a task; whoever is not answered orders it again. */
export async function order(id: string, world: World, orchestrator: () => Orchestrator, people: People): Promise<void> {
  const again = () => void world.calendar.after(retryMs, () => void order(id, world, orchestrator, people));
  const { runtime } = orchestrator();
  if (runtime === undefined) {
    again();
    return;
  }
  const { pipeline } = world;
  try {
    await serve(runtime, world, agent);
    await runtime.create('task', id, inputOf(id, pipeline), { definition: pipeline as unknown as Json, source: 'ann' });
    people.meet(id);
  } catch (error) {
    if (isKilled(error)) again();
    else world.break(`${id} cannot be ordered: ${messageOf(error)}`);
  }
}

function inputOf(id: string, pipeline: Pipeline): Json {
  return {
    ...{ title: id, body: '', project: 'shop', ...place, branch: `feature/${id}`, workItem: id },
    ...{ worktree: `/worktrees/${id}`, priority: 5, agent, agents: {}, hooks: noHooks, wantsBaseline: true },
    mergeQueue,
    forge: isAtForge(pipeline) ? { name: forgeName, repository: repositoryName } : null,
    source: null,
  } as unknown as Json;
}

/** Others go on with the target, as long as it matters to anybody. */
export function pushOfOthers(world: World, isOver: () => boolean, number = 1): void {
  const { calendar, chance, code, settings } = world;
  calendar.meanwhile(chance.around(`push ${number}`, dayMs / settings.others), () => {
    if (isOver()) return;
    code.push(`other.${number}`);
    pushOfOthers(world, isOver, number + 1);
  });
}

/** Takes webhooks as the service does; what comes while nobody is there is lost. */
export function createReceiver(world: () => World, orchestrator: () => Orchestrator) {
  const accepted = new Set<string>();
  return async function receive(raw: RawDelivery): Promise<void> {
    const { runtime } = orchestrator();
    if (runtime === undefined) {
      world().forge!.deliveries.lost += 1;
      return;
    }
    const sender = {
      kind: 'gitea',
      name: forgeName,
      secrets: [webhookSecret],
      repositories: [repositoryName],
    } as const;
    const taker = {
      runtime,
      ownAccounts: () => ({ logins: ['signalbox'], ids: [] }),
      secrets: () => [],
      now: () => world().calendar.now(),
    };
    const id = String(raw.headers['x-gitea-delivery']);
    try {
      const taken = await takeDelivery(taker, [sender], raw);
      if (!('outcome' in taken)) return world().break(`the delivery ${id} is refused: ${taken.refused.why}`);
      // The same again, under its own id or under another one.
      const body = raw.body.toString();
      if (accepted.has(body) && taken.outcome === 'accepted')
        world().break(`what the delivery ${id} says came twice and was accepted again`);
      if (taken.outcome === 'accepted') accepted.add(body);
    } catch (error) {
      // The process was killed while it took it: nobody sends it again.
      if (!isKilled(error)) throw error;
      world().forge!.deliveries.lost += 1;
    }
  };
}
