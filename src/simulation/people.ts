/**
 * The people of a simulated world. They look when they are there, decide what they are asked, sometimes twice or too late, and
 * now and then do what nobody has asked for.
 */
import { contextOf } from '../app/context.ts';
import type { Asks, TaskContext } from '../machines/task/context.ts';
import type { EventObject } from '../persistence/store.ts';
import { isKilled, type Orchestrator } from './orchestrator.ts';
import { inTheirHours } from './settings.ts';
import type { World } from './world.ts';

export interface People {
  /** A task has moved: whoever is asked by it now has something to do. */
  see(taskId: string, context: TaskContext, tags: Iterable<string>): void;
  /** A task was ordered: somebody may meddle with it later. */
  meet(taskId: string): void;
  /** Decisions that were taken, by the task. */
  readonly decisions: ReadonlyMap<string, number>;
  /** Whether somebody is going to do something about a task. */
  isAwaited(taskId: string): boolean;
}

const hourMs = 3_600_000;
/** Whoever finds nobody there tries again. */
const againMs = 5 * 60_000;

export function createPeople(world: World, orchestrator: () => Orchestrator): People {
  const { calendar, chance, settings, pipeline } = world;
  const { people } = settings;
  const decisions = new Map<string, number>();
  /** The question of each task that somebody has seen. */
  const seen = new Map<string, number>();
  const resuming = new Set<string>();
  /** Tasks that somebody is about to decide on, and questions that were decided. */
  const deciding = new Set<string>();
  const decided = new Set<string>();

  const whenThere = (name: string, medianMs: number, act: () => Promise<void>) => {
    const at = inTheirHours(people, calendar.now(), chance.around(name, medianMs));
    calendar.after(at - calendar.now(), () => void act());
  };

  /** Sends a decision; answers whether it was taken, and undefined when nobody was there who could take it. */
  async function send(taskId: string, event: EventObject): Promise<boolean | undefined> {
    const { runtime } = orchestrator();
    if (runtime === undefined) return undefined;
    world.tell(taskId, `ann: ${wordsOf(event)}`);
    try {
      const { outcome } = await runtime.send(taskId, { ...event, by: 'ann' }, { source: 'ann' });
      const isTaken = outcome === 'applied';
      if (!isTaken) world.tell(taskId, `that is ${outcome}`);
      if (isTaken) world.decide(taskId);
      return isTaken;
    } catch (error) {
      if (!isKilled(error)) throw error;
      return undefined;
    }
  }

  async function decide(taskId: string, asks: Asks): Promise<void> {
    const again = () => {
      deciding.add(taskId);
      calendar.after(againMs, () => void decide(taskId, asks));
    };
    const row = await orchestrator().runtime?.actor(taskId);
    if (row === undefined) {
      again();
      return;
    }
    const { asks: now, codeTree } = contextOf<TaskContext>(row);
    deciding.delete(taskId);
    // It has gone on, or what was sent was stored though nobody was told.
    if (row.status !== 'active' || now?.number !== asks.number) return;
    const taken = decisions.get(taskId) ?? 0;
    const name = `person ${taskId} ${asks.number}`;
    const cancel = { type: 'task.cancel' };
    for (const wish of [...(taken >= people.patience ? [] : wishesOf(asks, name)), cancel]) {
      // It is said before it is known what becomes of it; what was never answered was said all the same.
      const takeBack = say(taskId, codeTree, asks, wish);
      const isTaken = await send(taskId, { ...wish, question: asks.number });
      if (isTaken === false) takeBack();
      else if (!decided.has(name)) {
        // What was never answered may be stored all the same; it is one decision, however often it is sent.
        decided.add(name);
        decisions.set(taskId, taken + 1);
        world.decide(taskId);
      }
      if (isTaken === undefined) {
        again();
        return;
      }
      if (!isTaken) continue;
      repeat(taskId, asks, wish, name);
      return;
    }
    const after = await orchestrator().runtime?.actor(taskId);
    if (after !== undefined && contextOf<TaskContext>(after).asks?.number === asks.number)
      world.break(`${taskId}: no answer to question ${asks.number} is taken, not even to give it up`);
  }

  /** What a person says is what the gates of people say, and those that could not be judged. Answers how to take it back. */
  function say(taskId: string, tree: string, { kind, stage }: Asks, { type }: EventObject): () => void {
    const before = world.lastWords(taskId, tree);
    const gates = pipeline.stages.find(({ name }) => name === stage)?.gates ?? [];
    const approvals = gates.filter(gate => gate.kind === 'approval').map(({ name }) => name);
    const unsure = Object.keys(before).filter(gate => before[gate] === 'inconclusive');
    const word = type === 'task.approve' ? 'pass' : type === 'task.reject' ? 'fail' : null;
    const meant = kind === 'approval' ? approvals : kind === 'decision' && word === 'pass' ? unsure : [];
    if (word === null) return () => {};
    for (const gate of meant) world.hear(gate, taskId, tree, word);
    return () => {
      for (const gate of meant) world.hear(gate, taskId, tree, before[gate]);
    };
  }

  /** The same again, at once, or when the next question is there already. */
  function repeat(taskId: string, asks: Asks, wish: EventObject, name: string): void {
    if (!chance.happens(`${name} repeats`, people.repeats)) return;
    const delayMs = chance.happens(`${name} repeats late`, 50) ? chance.around(`${name} late`, hourMs) : 500;
    calendar.after(delayMs, async () => {
      if ((await send(taskId, { ...wish, question: asks.number })) === true && wish.type !== 'task.cancel')
        world.break(`${taskId}: the answer to question ${asks.number} was taken twice`);
    });
  }

  function wishesOf(asks: Asks, name: string): EventObject[] {
    const approve = { type: 'task.approve' };
    const retry = { type: 'task.retry' };
    const reject = { type: 'task.reject', reason: 'not like this' };
    const cancel = { type: 'task.cancel' };
    switch (asks.kind) {
      case 'approval':
        return chance.happens(`${name} rejects`, people.rejects) ? [reject] : [approve];
      case 'answer':
        return [{ type: 'task.answer', text: 'as it is written' }];
      case 'budget':
        return chance.happens(`${name} grants`, 85) ? [approve, retry] : [cancel];
      case 'blockers':
        return [approve];
      case 'blocked':
      case 'decision': {
        const moves = pipeline.stages.map(({ name: stage }) => ({ type: 'task.move', stage }));
        const move = moves[Math.floor(chance.share(`${name} moves to`) * moves.length)]!;
        const first = {
          approve: [approve, retry],
          retry: [retry, approve],
          reject: [reject, retry],
          move: [move, retry],
        };
        return first[
          chance.pick<keyof typeof first>(`${name} decides`, { approve: 35, retry: 45, reject: 12, move: 8 })
        ];
      }
    }
  }

  /** Pauses it and resumes it later, stops its agent, or gives it up. */
  async function meddle(taskId: string): Promise<void> {
    const name = `meddles with ${taskId}`;
    const what = chance.pick(name, { pause: 50, kill: 35, cancel: 15 });
    if (what === 'cancel') await send(taskId, { type: 'task.cancel' });
    else if (what === 'pause') {
      if ((await send(taskId, { type: 'task.pause' })) !== false) resume(taskId);
    } else await killAgent(taskId);
  }

  async function killAgent(taskId: string): Promise<void> {
    const { runtime } = orchestrator();
    const runs = (await runtime?.actors({ kind: 'agentRun', parentId: taskId, status: 'active', limit: 10 })) ?? [];
    for (const { id } of runs) {
      try {
        await runtime?.send(id, { type: 'run.stop', cause: 'killed', by: 'ann' }, { source: 'ann' });
        world.tell(taskId, 'ann: kills the agent');
      } catch {
        // Nobody was there who could.
      }
    }
  }

  function resume(taskId: string): void {
    if (resuming.has(taskId)) return;
    resuming.add(taskId);
    whenThere(`resumes ${taskId}`, 2 * hourMs, async () => {
      resuming.delete(taskId);
      const row = await orchestrator().runtime?.actor(taskId);
      if (row === undefined) resume(taskId);
      else if (row.status === 'active' && (await send(taskId, { type: 'task.resume' })) === undefined) resume(taskId);
    });
  }

  return {
    see(taskId, { asks }, tags) {
      if (asks != null) {
        if (seen.get(taskId) === asks.number) return;
        seen.set(taskId, asks.number);
        deciding.add(taskId);
        whenThere(`person ${taskId} ${asks.number} answers`, people.answers, () => decide(taskId, asks));
      } else if ([...tags].includes('paused')) resume(taskId);
    },
    meet(taskId) {
      if (!chance.happens(`somebody meddles with ${taskId}`, people.meddles)) return;
      whenThere(`when somebody meddles with ${taskId}`, 90 * 60_000, () => meddle(taskId));
    },
    decisions,
    isAwaited: taskId => deciding.has(taskId) || resuming.has(taskId),
  };
}

function wordsOf({ type, reason, stage, text }: EventObject): string {
  const verb = type.replace('task.', '');
  const more = [reason, stage, text].find(word => word !== undefined);
  return more === undefined ? verb : `${verb} (${String(more)})`;
}
