/** People of a simulated world decide what a task asks them, each question once, however often they say it. */
import { contextOf } from '../../app/context.ts';
import type { Asks, TaskContext } from '../../machines/task/context.ts';
import type { EventObject } from '../../persistence/store.ts';
import type { World } from '../world.ts';
import type { Hands } from './hands.ts';
import { wishesOf } from './wishes.ts';

export interface Deciding {
  /** A task asks something: somebody is going to decide it. */
  see(taskId: string, asks: Asks): void;
  readonly decisions: ReadonlyMap<string, number>;
  isAwaited(taskId: string): boolean;
}

/** What a person is asked about a task as it is, and the gates that could not be judged. */
interface Asked {
  taskId: string;
  tree: string;
  asks: Asks;
  unsure: string[];
}

const hourMs = 3_600_000;
/** Whoever finds nobody there tries again. */
const againMs = 5 * 60_000;

export function createDeciding(world: World, { whenThere, send, look }: Hands): Deciding {
  const { calendar, chance, settings } = world;
  const { people } = settings;
  const decisions = new Map<string, number>();
  /** The question of each task that somebody has seen. */
  const seen = new Map<string, number>();
  /** Tasks that somebody is about to decide on, and questions that were decided. */
  const deciding = new Set<string>();
  const decided = new Set<string>();

  function again(taskId: string, asks: Asks): void {
    deciding.add(taskId);
    calendar.after(againMs, () => void decide(taskId, asks));
  }

  async function decide(taskId: string, asks: Asks): Promise<void> {
    const row = await look(taskId);
    if (row === undefined) {
      again(taskId, asks);
      return;
    }
    const { asks: now, codeTree, verdicts } = contextOf<TaskContext>(row);
    deciding.delete(taskId);
    // It has gone on, or what was sent was stored though nobody was told.
    if (row.status !== 'active' || now?.number !== asks.number) return;
    const name = `person ${taskId} ${asks.number}`;
    const hasPatience = (decisions.get(taskId) ?? 0) < people.patience;
    // The question says so: a forge that never tells is found out by the task alone, and nothing happens there.
    const unsure = Object.keys(verdicts).filter(gate => verdicts[gate]!.verdict === 'inconclusive');
    const wishes = [...(hasPatience ? wishesOf(world, asks, name) : []), { type: 'task.cancel' }];
    for (const wish of wishes) {
      const isTaken = await ask({ taskId, tree: codeTree, asks, unsure }, wish);
      if (isTaken === undefined) again(taskId, asks);
      else if (isTaken) repeat(taskId, asks, wish, name);
      else continue;
      return;
    }
    const after = await look(taskId);
    if (after !== undefined && contextOf<TaskContext>(after).asks?.number === asks.number)
      world.break(`${taskId}: no answer to question ${asks.number} is taken, not even to give it up`);
  }

  /** Says one wish. Answers whether it was taken; undefined when nobody has answered. */
  async function ask(about: Asked, wish: EventObject): Promise<boolean | undefined> {
    const { taskId, asks } = about;
    // It is said before it is known what becomes of it; what was never answered was said all the same.
    const takeBack = say(world, about, wish);
    const isTaken = await send(taskId, { ...wish, question: asks.number });
    const question = `${taskId} ${asks.number}`;
    if (isTaken === false) takeBack();
    else if (!decided.has(question)) {
      // What was never answered may be stored all the same; it is one decision, however often it is sent.
      decided.add(question);
      decisions.set(taskId, (decisions.get(taskId) ?? 0) + 1);
      world.decide(taskId);
    }
    return isTaken;
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

  return {
    see(taskId, asks) {
      if (seen.get(taskId) === asks.number) return;
      seen.set(taskId, asks.number);
      deciding.add(taskId);
      whenThere(`person ${taskId} ${asks.number} answers`, people.answers, () => decide(taskId, asks));
    },
    decisions,
    isAwaited: taskId => deciding.has(taskId),
  };
}

/** What a person says is what the gates of people say, and those that could not be judged. Answers how to take it back. */
function say(world: World, { taskId, tree, asks: { kind, stage }, unsure }: Asked, { type }: EventObject): () => void {
  const word = type === 'task.approve' ? 'pass' : type === 'task.reject' ? 'fail' : null;
  if (word === null) return () => {};
  const before = world.lastWords(taskId, tree);
  const gates = world.pipeline.stages.find(({ name }) => name === stage)?.gates ?? [];
  const approvals = gates.filter(gate => gate.kind === 'approval').map(({ name }) => name);
  const meant = kind === 'approval' ? approvals : kind === 'decision' && word === 'pass' ? unsure : [];
  for (const gate of meant) world.hear(gate, taskId, tree, word);
  return () => {
    for (const gate of meant) world.hear(gate, taskId, tree, before[gate]);
  };
}
