/** How a person of a simulated world reaches the orchestrator, which may be away: when he is there, and by one event at a time. */
import type { ActorRow, EventObject } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { isKilled, type Orchestrator } from '../orchestrator.ts';
import { inTheirHours } from '../settings.ts';
import type { World } from '../world.ts';

export interface Hands {
  /** Does something after about so long, in milliseconds, when somebody is there. */
  whenThere(name: string, medianMs: number, act: () => Promise<void>): void;
  /** Sends a decision. Answers whether it was taken, and undefined when nobody was there who could take it. */
  send(taskId: string, event: EventObject): Promise<boolean | undefined>;
  /** The actor of a task as it is; undefined when nobody is there who could say. */
  look(taskId: string): Promise<ActorRow | undefined>;
  runtime(): Runtime | undefined;
}

export function createHands(world: World, orchestrator: () => Orchestrator): Hands {
  const { calendar, chance, settings } = world;
  const runtime = () => orchestrator().runtime;
  return {
    runtime,
    look: async taskId => runtime()?.actor(taskId),
    whenThere(name, medianMs, act) {
      const at = inTheirHours(settings.people, calendar.now(), chance.around(name, medianMs));
      calendar.after(at - calendar.now(), () => void act());
    },
    async send(taskId, event) {
      const alive = runtime();
      if (alive === undefined) return undefined;
      world.tell(taskId, `ann: ${wordsOf(event)}`);
      try {
        const { outcome } = await alive.send(taskId, { ...event, by: 'ann' }, { source: 'ann' });
        const isTaken = outcome === 'applied';
        if (!isTaken) world.tell(taskId, `that is ${outcome}`);
        if (isTaken) world.decide(taskId);
        return isTaken;
      } catch (error) {
        if (!isKilled(error)) throw error;
        return undefined;
      }
    },
  };
}

function wordsOf({ type, reason, stage, text }: EventObject): string {
  const verb = type.replace('task.', '');
  const more = [reason, stage, text].find(word => word !== undefined);
  return more === undefined ? verb : `${verb} (${String(more)})`;
}
