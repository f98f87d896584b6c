/**
 * One viewer: what it has been shown, and what it is told of what follows. An actor is shown once, from the store or from
 * the transition by which it is first heard of; from its version on the viewer is told every transition, once and in order.
 */
import { setTimeout as after, setImmediate as nextRound } from 'node:timers/promises';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { latest, livingBelow, livingOf } from './living.ts';
import { actorText, moreText, type Seen, type State, type Told } from './messages.ts';

/** The side of a WebSocket that is ours. */
export interface Viewer {
  send(text: string): void;
  /** Bytes that were sent and are not gone yet. */
  readonly bufferedAmount: number;
  close(code: number, reason: string): void;
}

export interface ViewerOptions {
  runtime: Runtime;
  kinds: readonly string[];
  /** Only this task and what is below it. */
  task: string | undefined;
  /** Actors that are shown at first, at the most. */
  mostActors: number;
  /** Bytes that may wait for a viewer. */
  mostBuffered: number;
  /** The outermost actor above each that somebody was shown. */
  roots: Map<string, string>;
  /** Called once, when it is told no more. */
  onEnd(): void;
}

export interface Attached {
  hear(told: Told): void;
  end(): void;
}

/** The outermost actor above one, as far up as somebody was shown what is there. */
export const rootIn = (roots: ReadonlyMap<string, string>, { id, parentId }: Pick<Seen, 'id' | 'parentId'>) =>
  roots.get(id) ?? (parentId === null ? id : (roots.get(parentId) ?? parentId));

/** Of RFC 6455 and its registry: come again later, and a fault of ours. */
const tryAgainLater = 1013;
const fault = 1011;
const lookAgainMs = 20;

export function createAttached(viewer: Viewer, options: ViewerOptions): Attached {
  const { runtime, kinds, task, mostActors, mostBuffered, roots, onEnd } = options;
  /** What was shown and lives, with the version up to which the viewer knows it. */
  const known = new Map<string, number>();
  /** What is to be read from the store: it will hold all that is committed until then. */
  const queue = new Set<string>();
  /** What is being read, with what is committed meanwhile. */
  const reading = new Map<string, Told[]>();
  let isWorking = false;
  let isOver = false;

  function end(): void {
    if (isOver) return;
    isOver = true;
    onEnd();
  }

  function leave(code: number, reason: string): void {
    if (isOver) return;
    end();
    viewer.close(code, reason);
  }

  const fail = () => leave(fault, 'something went wrong here; connect again');

  /** What goes wrong for one viewer reaches no other. */
  function guarded(step: () => void): void {
    try {
      step();
    } catch {
      fail();
    }
  }

  function send(text: string): void {
    if (isOver) return;
    if (viewer.bufferedAmount > mostBuffered) leave(tryAgainLater, 'too slow to be told everything; connect again');
    else viewer.send(text);
  }

  const isBelow = (id: string) => task === undefined || id === task || id.startsWith(`${task}.`);

  function hear(told: Told): void {
    const { id, parentId, seq } = told;
    const version = known.get(id);
    const hasParent = parentId !== null && known.has(parentId);
    if (version !== undefined) {
      if (seq > version) tell(told);
    } else if (reading.has(id)) {
      reading.get(id)!.push(told);
    } else if (told.isLate || queue.has(id) || !(isBelow(id) || hasParent)) {
      return;
    } else if (parentId === null || hasParent) {
      show(told, told.actor());
      tell(told);
    } else {
      queue.add(id);
      work().catch(fail);
    }
  }

  function show(actor: Pick<Seen, 'id' | 'parentId'>, text: string): void {
    roots.set(actor.id, rootIn(roots, actor));
    send(text);
  }

  function tell(told: Told): void {
    for (const text of told.steps()) send(text);
    if (told.isOver) known.delete(told.id);
    else known.set(told.id, told.seq);
  }

  /** Shows what is in the queue, one after another, as fast as the viewer takes it. */
  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    for (const id of queue) {
      await nextRound();
      while (!isOver && viewer.bufferedAmount > mostBuffered / 4) await after(lookAgainMs, undefined, { ref: false });
      if (isOver) return;
      await read(id);
    }
    isWorking = false;
  }

  async function read(id: string): Promise<void> {
    queue.delete(id);
    if (known.has(id)) return;
    const missed: Told[] = [];
    reading.set(id, missed);
    const row = await runtime.actor(id);
    if (row?.status === 'active') {
      const { parentId, version } = row;
      if (parentId !== null && isBelow(parentId)) await read(parentId);
      const seen = await seenIn(row);
      show(row, actorText({ ...seen, rootId: rootIn(roots, row) }));
      known.set(id, version);
      for (const told of missed) if (told.seq > version) tell(told);
      if (!known.has(id)) roots.delete(id);
    }
    reading.delete(id);
  }

  async function seenIn(row: ActorRow): Promise<Omit<Seen, 'rootId'>> {
    const { id, parentId, version, updatedAt: at, snapshot } = row;
    // What cannot be restored is shown as it is stored.
    const restored = await runtime.restore(row).catch(() => undefined);
    const state = restored?.snapshot ?? (JSON.parse(snapshot) as State);
    return { id, parentId, version, at, machine: restored?.machine, state };
  }

  async function begin(): Promise<void> {
    isWorking = true;
    const living = task === undefined ? await livingOf(runtime, kinds) : await livingBelow(runtime, task);
    const { ids, left } = latest(living, mostActors);
    for (const id of ids) queue.add(id);
    isWorking = false;
    await work();
    if (left > 0) send(moreText(left, Math.max(...living.map(({ updatedAt }) => updatedAt))));
  }

  begin().catch(fail);
  return { hear: told => guarded(() => hear(told)), end };
}
