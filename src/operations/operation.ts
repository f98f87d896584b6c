/**
 * What can be asked of Signalbox, as data. One file says what an operation needs, what it answers, who may ask and what is
 * done; the command line, the routes, the OpenAPI document, the remote client and the reference are derived from it.
 */
import type { z } from 'zod';
import type { App } from '../app/open.ts';
import type { Environment, LoadedConfig } from '../config/load.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Role } from '../domain/role.ts';

export { type Role, roles } from '../domain/role.ts';

/** Whoever asks. */
export interface Who {
  /** On record with everything that is changed. */
  name: string;
  role: Role;
  /** Given by whoever asks, so that the same order is carried out once however often it arrives; null without one. */
  key: string | null;
  /** Told how far long work has come. */
  tell(progress: Json): void;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** Where it is asked, apart from the data: the directory and environment of the process, and what is configured. */
export interface Here {
  cwd: string;
  env: Environment;
  /** The configuration file in force, whether it holds or not; null for none, undefined for one that is looked for here. */
  configurationFile(): Promise<string | null | undefined>;
  /** The configuration in force for the data. Throws what is wrong with it. */
  configuration(): Promise<LoadedConfig>;
}

/** An open data directory, and where it was opened. */
export interface Site extends App {
  here: Here;
}

export interface Route {
  method: 'GET' | 'POST';
  /** `/tasks/:taskId`; the names are fields of the input. The others go into the query of a GET, the body of a POST. */
  path: string;
  /** Of a good answer. */
  status: 200 | 201 | 202;
  /** Other paths that answer the same. */
  aliases?: readonly string[];
}

/**
 * What an operation needs to be carried out.
 *
 * - `nothing`: no data at all, only where it is asked.
 * - `read`: the data, beside whoever owns it.
 * - `commit`: the data as its own, to record something; whoever works next carries it out.
 * - `work`: the data as its own, and the work of the actors that it concerns is carried out before it answers.
 */
export type Needs = 'nothing' | 'read' | 'commit' | 'work';

interface Common<Name extends string, Input extends z.ZodObject, Output extends z.ZodType> {
  name: Name;
  summary: string;
  may: Role;
  /** Whether anything is different afterwards. */
  changes: boolean;
  /** Whether the same order of the same person under the same key is carried out once, however often it arrives. */
  isKeyed?: boolean;
  input: Input;
  output: Output;
  /** Fields that are given by their place, in this order. */
  args?: readonly string[];
  /** Null for what is about the machine where it is asked, such as its files. */
  route: Route | null;
  /** Why it can fail for reasons of its own, beside those that every operation of its sort has. */
  fails?: readonly Reason[];
  /** The answer as a document of its own media type, for whoever asks for no envelope; null where this answer is none. */
  media?(answer: z.output<Output>): { type: string; text: string } | null;
  /** The types that `media` answers, without their parameters. */
  mediaTypes?: readonly string[];
  /** Of these, the ones by which a document is asked for instead of the answer, each with the fields that say the same. */
  accepts?: Readonly<Record<string, JsonObject>>;
}

type Given<Input extends z.ZodType> = z.output<Input>;
type Answer<Output extends z.ZodType> = Promise<z.input<Output>>;

/** Asks of the data. */
export interface DataOperation<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
  Plan = unknown,
> extends Common<Name, Input, Output> {
  needs: Exclude<Needs, 'nothing'>;
  /** Whether data that is not there is made. */
  creates?: boolean;
  /** Answers where there is no data yet; without it that is refused with `noData`. */
  withoutData?(here: Here, input: Given<Input>, who: Who): Answer<Output>;
  /** Everything that can be wrong before the data is touched, and what was found out about it. */
  plan?(here: Here, input: Given<Input>, who: Who): Promise<Plan>;
  /** What the order under the key of `who` has made before; undefined for nothing. */
  already?(app: Site, input: Given<Input>, who: Who): Promise<z.input<Output> | undefined>;
  /** With `work`: the actors whose work is to be carried out. */
  concerns?(app: Site, input: Given<Input>): Promise<string[]>;
  run(app: Site, input: Given<Input>, who: Who, plan: Plan): Answer<Output>;
}

/** Asks of the place where it is asked. */
export interface LocalOperation<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
> extends Common<Name, Input, Output> {
  needs: 'nothing';
  run(here: Here, input: Given<Input>, who: Who): Answer<Output>;
}

/**
 * Pieces that are there at once; there may be none. `reached` is the position to go on from behind them, where the pieces
 * do not say it because some were left out.
 */
export interface Batch<Piece> extends ReadonlyArray<Piece> {
  readonly reached?: number | string;
}

export const batchUpTo = <Piece>(reached: number | string, pieces: readonly Piece[]): Batch<Piece> =>
  Object.assign([...pieces], { reached });

/**
 * Answers bit by bit, until it is over or nobody listens any more. `output` is one piece; those that are there at once come
 * together. A piece that can be gone on from says so by its `position`, which the input `after` takes.
 */
export interface StreamOperation<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
> extends Common<Name, Input, Output> {
  needs: 'read';
  changes: false;
  /** The first batch comes when the order is known to be good; it may be empty. */
  stream(app: Site, input: Given<Input>, who: Who): AsyncGenerator<Batch<z.input<Output>>>;
  /** What a piece is as plain text, for whoever takes no events; null for what is nothing but events. */
  bytesOf: ((piece: z.output<Output>, input: Given<Input>) => Buffer) | null;
}

/** An operation as data, whatever it takes and answers: for those who derive something from it. */
export interface AnyOperation extends Common<string, z.ZodObject, z.ZodType> {
  needs: Needs;
}

export const operation = <Name extends string, Input extends z.ZodObject, Output extends z.ZodType, Plan = void>(
  it: DataOperation<Name, Input, Output, Plan>,
) => it;

export const localOperation = <Name extends string, Input extends z.ZodObject, Output extends z.ZodType>(
  it: Omit<LocalOperation<Name, Input, Output>, 'needs'>,
): LocalOperation<Name, Input, Output> => ({ ...it, needs: 'nothing' });

export const streamOperation = <Name extends string, Input extends z.ZodObject, Output extends z.ZodType>(
  it: Omit<StreamOperation<Name, Input, Output>, 'needs' | 'changes'>,
): StreamOperation<Name, Input, Output> => ({ ...it, needs: 'read', changes: false });

export const isStream = (it: AnyOperation): it is StreamOperation => 'stream' in it;
