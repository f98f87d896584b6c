/** What the rest of Signalbox may use of the runtime. */

export type { Announced, Announcement, Notice } from './announce.ts';
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { Reader, Restored, Runtime, RuntimeObserver, SendOptions } from './contract.ts';
export type { Cause, Receipt } from './delivery.ts';
export type { Transition, TransitionListener } from './feed.ts';
export { untilStopped } from './jobs.ts';
export type { EffectHandler, EffectMeta, JobInput, JobMeta, LanedEffect, MachineKind, MakingEffect } from './kind.ts';
export { Later } from './kind.ts';
export type { LaneKeeper } from './lanes.ts';
export { lintMachine } from './lint.ts';
export type { MadeEvent, NewActor } from './making.ts';
export { openReader, tagStored } from './reader.ts';
export type { Rehearsal, Rehearsed } from './rehearsal.ts';
export type { RuntimeOptions } from './runtime.ts';
export { startRuntime } from './runtime.ts';
export type { StoredTurn, Tracing } from './tracing.ts';
