/** Whether whoever works here can do its work now: the database, the disk, the worker, the agents. */
import { freeDiskOf } from '../app/data-directory.ts';
import { SignalboxError } from '../domain/errors.ts';
import { reasons } from '../domain/reasons.ts';
import { formatSize } from '../domain/size.ts';
import { workerId } from '../machines/addresses.ts';
import type { Site } from './operation.ts';
import { readPreflights } from './views/queue.ts';

export interface ReadinessCheck {
  status: 'ok' | 'failed';
  /** What was found; never a path or a secret: whoever asks has shown no token. */
  detail: string;
}

export interface Readiness {
  status: 'ok' | 'failed';
  checks: Record<'database' | 'disk' | 'worker' | 'agents', ReadinessCheck>;
}

export async function readinessOf(site: Site): Promise<Readiness> {
  const [database, disk, worker, agents] = await Promise.all(
    [databaseOf(site), diskOf(site), workerOf(site), agentsOf(site)].map(check => check.catch(failedBy)),
  );
  const checks = { database: database!, disk: disk!, worker: worker!, agents: agents! };
  const isReady = Object.values(checks).every(({ status }) => status === 'ok');
  return { status: isReady ? 'ok' : 'failed', checks };
}

const ok = (detail: string): ReadinessCheck => ({ status: 'ok', detail });
const failed = (detail: string): ReadinessCheck => ({ status: 'failed', detail });
/** The message of an error may hold a path: what its reason means does not. */
const failedBy = (error: unknown) =>
  failed(error instanceof SignalboxError ? reasons[error.reason][1] : 'it could not be looked at');

async function databaseOf({ runtime }: Site): Promise<ReadinessCheck> {
  return ok(`the log is at ${await runtime.lastPosition()}`);
}

async function diskOf({ paths, settings }: Site): Promise<ReadinessCheck> {
  const free = await freeDiskOf(paths);
  const least = settings.host.minFreeDiskBytes;
  const found = `${formatSize(free)} are free`;
  return free >= least ? ok(found) : failed(`${found}; nothing starts below ${formatSize(least)}`);
}

/** A worker that somebody has paused is ready: it does what it was told. */
async function workerOf({ runtime }: Site): Promise<ReadinessCheck> {
  const row = await runtime.actor(workerId);
  if (row?.status !== 'active') return failed('there is no worker');
  return ok(row.state);
}

/** Agents that have been tried. One that works is enough for some work to go on. */
async function agentsOf({ runtime }: Site): Promise<ReadinessCheck> {
  const tried = Object.entries(await readPreflights(runtime)).filter(([, { checkedAt }]) => checkedAt !== null);
  const broken = tried.filter(([, { problem }]) => problem !== null).map(([name]) => name);
  if (tried.length === 0) return ok('none was tried yet');
  if (broken.length === 0) return ok(`${tried.length} can be started`);
  const found = `${broken.join(', ')} cannot be started`;
  return broken.length < tried.length ? ok(found) : failed(found);
}
