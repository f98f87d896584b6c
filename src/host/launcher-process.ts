/**
 * The process that starts others for the orchestrator. Its own program: to fork takes as long as copying the page tables of whoever
 * does it, ten milliseconds for an orchestrator of 200 MB and one for this, and nothing else happens there meanwhile. So it imports
 * nothing but Node's own, and keeps nothing.
 *
 * It reads orders from its channel and answers there (`launcher.ts` has both shapes). When the channel closes the orchestrator is
 * gone: what runs has ten seconds to come to its end, as if it had been started by the one that has died, and no longer. What is to
 * outlive it goes on.
 */
import type { ChildProcess } from 'node:child_process';
import { codeOf, type LauncherAnswer, type LauncherOrder, signalGroup, spawnLasting, spawnToEnd } from './launcher.ts';

/** So much is sent at once; what is shorter goes with the end. */
const pieceBytes = 65_536;
const orphanMs = 10_000;
const running = new Map<number, ChildProcess>();

const answer = (what: LauncherAnswer, sent: () => void = () => {}) => {
  if (process.connected) process.send!(what, undefined, undefined, () => sent());
  else sent();
};

function begin({ id, ...order }: Extract<LauncherOrder, { kind: 'start' }>): void {
  const child = spawnToEnd(order, how => {
    // What could not be started says so twice.
    if (child !== undefined && !running.delete(id)) return;
    answer({ id, kind: 'ended', ...how, stdout: rests.stdout(), stderr: rests.stderr() });
    endIfAlone();
  });
  const rests = { stdout: passOn(id, child, 'stdout'), stderr: passOn(id, child, 'stderr') };
  if (child === undefined) return;
  running.set(id, child);
  if (child.pid !== undefined) answer({ id, kind: 'started', pid: child.pid });
}

function beginLasting({ id, ...order }: Extract<LauncherOrder, { kind: 'startLasting' }>): void {
  const fail = (error: NodeJS.ErrnoException) =>
    answer({ id, kind: 'failed', code: codeOf(error), message: error.message });
  try {
    const child = spawnLasting(order);
    child.once('error', fail);
    child.once('spawn', () => answer({ id, kind: 'started', pid: child.pid! }));
    child.once('exit', code => answer({ id, kind: 'exited', code }));
  } catch (error) {
    fail(error as NodeJS.ErrnoException);
  }
}

/** Sends what is printed in large pieces, no faster than they are taken. Answers how to get what is left at the end. */
function passOn(id: number, child: ChildProcess | undefined, name: 'stdout' | 'stderr'): () => Buffer {
  let parts: Buffer[] = [];
  let bytes = 0;
  const taken = () => {
    const all = Buffer.concat(parts);
    parts = [];
    bytes = 0;
    return all;
  };
  const stream = child?.[name];
  stream?.on('data', (part: Buffer) => {
    parts.push(part);
    bytes += part.length;
    if (bytes < pieceBytes) return;
    stream.pause();
    answer({ id, kind: 'printed', name, part: taken() }, () => stream.resume());
  });
  return taken;
}

function endIfAlone(): void {
  if (!process.connected && running.size === 0) process.exit();
}

process.on('message', (order: LauncherOrder) => {
  if (order.kind === 'start') return begin(order);
  if (order.kind === 'startLasting') return beginLasting(order);
  const child = running.get(order.id);
  if (child !== undefined) signalGroup(child.pid, order.signal);
});
process.on('disconnect', () => {
  endIfAlone();
  setTimeout(() => {
    for (const child of running.values()) signalGroup(child.pid, 'SIGKILL');
    process.exit();
  }, orphanMs);
});
// Whoever ends a group or a service means the orchestrator, which says by its channel when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
answer({ kind: 'ready' });
