/** What the type checker does not catch and XState passes over in silence, and what cannot be made durable. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

export interface Provided {
  effects: object;
  actors: object;
}

interface Named {
  type?: string;
  name?: string;
  guards?: unknown[];
  check?: unknown;
  resolve?: unknown;
}

/**
 * Everything that is wrong with a machine, one sentence each: delays that are not provided (XState fires them at once),
 * actions, guards and actors that are not provided (XState skips them), and inline effects, which cannot be stored.
 */
export function lintMachine(machine: AnyStateMachine, provided: Provided): string[] {
  const problems: string[] = [];
  const { actions, guards, delays } = machine.implementations;
  const has = (object: object, key: string) => Object.hasOwn(object, key);

  const checkAction = (action: unknown, at: string) => {
    if (typeof action === 'function') {
      if (!('resolve' in action)) problems.push(`${at}: inline action; name it, so that it can be stored`);
      return;
    }
    const name = typeof action === 'string' ? action : ((action as Named).type ?? '');
    const implementation = (actions as Record<string, unknown>)[name];
    const isPure = typeof implementation === 'function' && 'resolve' in implementation;
    if (!isPure && !has(provided.effects, name)) problems.push(`${at}: action '${name}' has no handler`);
  };
  const checkGuard = (guard: unknown, at: string): void => {
    if (guard === undefined) return;
    if (typeof guard === 'function') {
      const combined = guard as Named;
      if (combined.guards) for (const part of combined.guards) checkGuard(part, at);
      else if (combined.check === undefined) problems.push(`${at}: inline guard; name it, so that it can be explained`);
      return;
    }
    const name = typeof guard === 'string' ? guard : ((guard as Named).type ?? '');
    if (!has(guards, name)) problems.push(`${at}: guard '${name}' is not provided`);
  };
  const checkNode = (node: AnyStateNode): void => {
    for (const action of [...node.entry, ...node.exit]) checkAction(action, node.id);
    for (const transition of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
      const at = `${node.id} on ${transition.eventType || 'always'}`;
      checkGuard(transition.guard, at);
      for (const action of transition.actions) checkAction(action, at);
    }
    for (const { delay } of node.after) {
      if (typeof delay === 'string' && Number.isNaN(Number(delay)) && !has(delays, delay)) {
        problems.push(`${node.id}: delay '${delay}' is not provided; XState would fire it at once`);
      }
    }
    for (const invoked of node.invoke) {
      const src = String(invoked.src);
      if (src.startsWith('xstate.invoke.')) problems.push(`${node.id}: inline invoke; name the actor`);
      else if (!has(provided.actors, src)) problems.push(`${node.id}: actor '${src}' is not provided`);
      if (invoked.systemId !== undefined) problems.push(`${node.id}: systemId is not durable; send to actorRef(id)`);
      if (invoked.onSnapshot !== undefined) problems.push(`${node.id}: onSnapshot is not durable; send an event`);
    }
    for (const child of Object.values(node.states)) checkNode(child);
  };
  checkNode(machine.root);
  return problems;
}
