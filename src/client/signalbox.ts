/**
 * The contract of asking. Whoever asks need not know whether the data is on this disk, behind a socket or far away: the
 * answers are the same, and so are the failures.
 */
import type { z } from 'zod';
import type { Json } from '../domain/json.ts';
import type { OperationName, Operations } from '../operations/index.ts';
import type { StreamOperation } from '../operations/operation.ts';

type OperationOf<Name extends OperationName> = Awaited<ReturnType<Operations[Name]>>;
type SchemaOf<Name extends OperationName, Side extends 'input' | 'output'> = OperationOf<Name>[Side];

export type { OperationName } from '../operations/index.ts';
/** Operations that answer bit by bit. */
export type StreamName = {
  [Name in OperationName]: OperationOf<Name> extends StreamOperation<Name, never, never> | { stream: unknown }
    ? Name
    : never;
}[OperationName];
export type AnswerName = Exclude<OperationName, StreamName>;

/** What an operation is given: its fields, those with a default left out as one likes. */
export type InputOf<Name extends OperationName> = z.input<SchemaOf<Name, 'input'>>;
/** What it answers; one piece of what comes bit by bit. */
export type OutputOf<Name extends OperationName> = z.output<SchemaOf<Name, 'output'>>;

export interface AskOptions {
  /** The same order under the same key is carried out once, however often it arrives; refused where that cannot be. */
  key?: string;
  /** Told how far long work has come, where the data is at hand. */
  onProgress?: (progress: Json) => void;
  signal?: AbortSignal;
  /** Told the position to go on from, as what comes bit by bit moves on. */
  onPlace?: (position: string) => void;
}

export interface Signalbox {
  /** Asks and waits for the answer. Throws a `SignalboxError` for every expected failure. */
  ask<Name extends AnswerName>(name: Name, input: InputOf<Name>, options?: AskOptions): Promise<OutputOf<Name>>;
  /** Asks for what comes bit by bit. Ends when it is over, when the signal aborts, or when nobody takes any more. */
  follow<Name extends StreamName>(
    name: Name,
    input: InputOf<Name>,
    options?: AskOptions,
  ): AsyncGenerator<OutputOf<Name>>;
  close(): Promise<void>;
}
