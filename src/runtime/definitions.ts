/** Which kinds of actors there are, and every definition of them that some actor lives by. */
import { SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Store } from '../persistence/store.ts';
import { type Definition, define, hashOf, type MachineKind } from './kind.ts';

export interface Definitions {
  /** The definition for a new actor: the given one, or the one in force. Throws `invalid` for an unknown kind. */
  forNew(kind: string, json?: Json): Definition;
  /** The definition with this hash, rebuilt from the store when it is not in memory. Throws `invalid`. */
  load(kind: string, hash: string): Promise<Definition>;
  find(hash: string): Definition | undefined;
  /** The definition of a child, by the input that it is given. Throws `invalid`. */
  forChild(kind: string, input: Json): Definition;
}

/**
 * With `isLenient` machines are built when they are asked for and not checked: enough to read what is stored. Otherwise
 * throws `badMachine` when one cannot be run durably.
 */
export function createDefinitions(kinds: readonly MachineKind[], store: Store, isLenient = false): Definitions {
  const byName = new Map(kinds.map(kind => [kind.name, kind]));
  const byHash = new Map<string, Definition>();
  const inForce = new Map<string, Definition>();

  const kindOf = (name: string): MachineKind => {
    const kind = byName.get(name);
    if (kind === undefined)
      throw new SignalboxError('invalid', 'unknownMachine', `There is no machine called ${name}.`);
    return kind;
  };
  const build = (kind: MachineKind, json: Json): Definition => {
    const known = byHash.get(hashOf(kind.name, json));
    if (known !== undefined) return known;
    const definition = define(kind, json, isLenient);
    byHash.set(definition.hash, definition);
    return definition;
  };
  for (const kind of isLenient ? [] : kinds) {
    const definition = build(kind, kind.definition);
    if (definition.stepper.machine.id !== kind.name) {
      throw new SignalboxError(
        'invalid',
        'badMachine',
        `The machine of kind ${kind.name} has the id ${definition.stepper.machine.id}.`,
      );
    }
    inForce.set(kind.name, definition);
  }

  const forNew = (name: string, json?: Json): Definition => {
    const kind = kindOf(name);
    return json === undefined ? (inForce.get(name) ?? build(kind, kind.definition)) : build(kind, json);
  };
  return {
    forNew,
    forChild: (name, input) => forNew(name, kindOf(name).definitionIn?.(input)),
    async load(name, hash) {
      const known = byHash.get(hash);
      if (known !== undefined) return known;
      const row = await store.definition(hash);
      if (row === undefined)
        throw new SignalboxError(
          'invalid',
          'definitionMissing',
          `The definition ${hash} of ${name} is not in the store.`,
        );
      return build(kindOf(name), row.definition);
    },
    find: hash => byHash.get(hash),
  };
}
