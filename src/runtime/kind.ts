/** What the runtime must know of a machine to run it as durable actors. */
import { createHash } from 'node:crypto';
import { type AnyActorLogic, type AnyMachineSnapshot, type AnyStateMachine, StateMachine } from 'xstate';
import { SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { lintMachine } from './lint.ts';
import { createStepper, type Stepper, type StoredSnapshot } from './stepper.ts';

/** What an effect handler is told beside the action's parameters. */
export interface EffectMeta {
  /** The same at every attempt: derived from (actor, version, effect). */
  idempotencyKey: string;
  actorId: string;
  /** From 1. */
  attempt: number;
  signal: AbortSignal;
}

/**
 * Carries out a named action. May be called again for the same key after a crash; throws to be tried again: `Later` where
 * whoever it goes to is away for now. An event that it answers is sent to the actor, in the commit that settles the action.
 */
export type EffectHandler = (params: never, meta: EffectMeta) => unknown;

/** An action that goes to an integration: it waits in that one's lane, and holds up nothing else. */
export interface LanedEffect {
  /** The name of the lane; null for what turns out to stay here. */
  lane(params: never): string | null;
  deliver: EffectHandler;
}

/** An action that makes an actor of this kind, in the same commit. Its parameters are a `NewActor`. */
export interface MakingEffect {
  makes: string;
}

/** Whoever an action goes to cannot take it now. It is tried again, for as long as the lane's policy says. */
export class Later extends Error {
  /** Epoch milliseconds before which trying again is no use; null when nobody says. */
  readonly retryAt: number | null;

  constructor(message: string, retryAt: number | null = null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Later';
    this.retryAt = retryAt;
  }
}

/** What the runtime adds to the input of every promise and callback that it starts. */
export interface JobMeta {
  /** The same at every start of this job: derived from (actor, version, child). */
  ref: string;
  actorId: string;
  /** It was found in the store: this process, or one before it, may have begun with it already. */
  mayHaveBegun: boolean;
}

/** The input of a job, as its logic sees it. */
export type JobInput<T> = T & { job: JobMeta };

/**
 * A kind of actor. `definition` is data, kept in the store with every actor that lives by it; `build` makes the machine
 * from it, now and years later. A machine that is written in code has its version as its definition.
 */
export interface MachineKind {
  name: string;
  /** For actors created without a definition of their own. */
  definition: Json;
  build(definition: Json): AnyStateMachine;
  /**
   * What lists and counts go by, beside what the machine's own tags say; without it, just those. Words without spaces.
   * Pure: it is asked after every transition, and its answer is stored in the same commit.
   */
  tags?(snapshot: AnyMachineSnapshot): readonly string[];
  /** Logic for the actors that the machine invokes by name, beside what the machine itself provides. */
  actors?: Record<string, AnyActorLogic>;
  /** A handler for every named action that the machine leaves to the outside. */
  effects?: Record<string, EffectHandler | LanedEffect | MakingEffect>;
  /** The definition of a child of this kind, by the input that its parent gives; without it, the one in force. */
  definitionIn?(input: Json): Json | undefined;
  /**
   * What the actor is called elsewhere, by its snapshot: the keys under which `linked` finds it. Pure, and stored in the
   * commit that makes it true.
   */
  links?(snapshot: AnyMachineSnapshot): readonly string[];
  /** Brings a stored snapshot of an earlier shape of the machine to the present one. Without it, there was none. */
  upgrade?(snapshot: StoredSnapshot, machine: AnyStateMachine): StoredSnapshot;
}

/** A kind at one definition: everything needed to move an actor. */
export interface Definition {
  hash: string;
  kind: MachineKind;
  json: Json;
  stepper: Stepper;
  /** What the state means, in the machine's words. */
  tagsOf(snapshot: AnyMachineSnapshot): readonly string[];
  /** What the actor is called elsewhere. */
  linksOf(snapshot: AnyMachineSnapshot): readonly string[];
  /** The lane of an action; null for one that stays here. */
  laneOf(effect: string, params: Json): string | null;
  /** The kind of actor that an action makes; undefined for one that does something outside. */
  madeBy(effect: string): string | undefined;
  /** How a child of this machine is run. */
  childOf(src: string): ChildLogic | undefined;
}

const noTags: readonly string[] = [];
const noLinks: readonly string[] = [];

export type ChildLogic = { type: 'machine'; kind: string } | { type: 'job'; logic: AnyActorLogic };

/** A stable name for a definition: the SHA-256 of its JSON, shortened. */
export function hashOf(kind: string, definition: Json): string {
  return createHash('sha256')
    .update(`${kind}\n${JSON.stringify(definition)}`)
    .digest('hex')
    .slice(0, 32);
}

/**
 * Builds the machine of a definition and checks that it can be run durably, unless it is only to be read. Throws
 * `badMachine` with everything that is wrong with it.
 */
export function define(kind: MachineKind, json: Json, isLenient = false): Definition {
  const machine = kind.build(json);
  const actors = { ...machine.implementations.actors, ...kind.actors } as Record<string, AnyActorLogic>;
  const problems = isLenient ? [] : lintMachine(machine, { effects: kind.effects ?? {}, actors });
  if (problems.length > 0) {
    throw new SignalboxError(
      'invalid',
      'badMachine',
      `The machine ${kind.name} cannot be run durably:\n  ${problems.join('\n  ')}`,
    );
  }
  return {
    hash: hashOf(kind.name, json),
    kind,
    json,
    stepper: createStepper(machine, Object.keys(actors), kind.upgrade && (stored => kind.upgrade!(stored, machine))),
    tagsOf: kind.tags ?? (snapshot => (snapshot.tags.size === 0 ? noTags : [...snapshot.tags])),
    linksOf: kind.links ?? (() => noLinks),
    laneOf(effect, params) {
      const handler = kind.effects?.[effect];
      return typeof handler === 'object' && 'lane' in handler ? handler.lane(params as never) : null;
    },
    madeBy(effect) {
      const handler = kind.effects?.[effect];
      return typeof handler === 'object' && 'makes' in handler ? handler.makes : undefined;
    },
    childOf(src) {
      const logic = actors[src];
      if (logic === undefined) return undefined;
      return logic instanceof StateMachine ? { type: 'machine', kind: logic.id } : { type: 'job', logic };
    },
  };
}
