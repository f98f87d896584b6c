/** A machine as a Mermaid state diagram (https://mermaid.js.org/syntax/stateDiagram.html). */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { eventName } from './graph.ts';

export function mermaidOf(machine: AnyStateMachine): string {
  return ['stateDiagram-v2', ...linesOf(machine.root, 1)].join('\n');
}

function linesOf(node: AnyStateNode, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const lines: string[] = [];
  const start = node.type === 'compound' ? node.initial.target[0] : undefined;
  if (start !== undefined) lines.push(`${indent}[*] --> ${idOf(start)}`);
  for (const child of Object.values(node.states)) {
    if (child.type === 'history') continue;
    if (Object.keys(child.states).length === 0) {
      lines.push(`${indent}${idOf(child)}: ${child.key}`);
    } else {
      lines.push(`${indent}state "${child.key}" as ${idOf(child)} {`, ...linesOf(child, depth + 1), `${indent}}`);
    }
    if (child.type === 'final' && depth === 1) lines.push(`${indent}${idOf(child)} --> [*]`);
  }
  for (const child of Object.values(node.states)) {
    const transitions = [...[...child.transitions.values()].flat(), ...(child.always ?? [])];
    for (const { target, eventType, guard } of transitions) {
      for (const to of target ?? []) {
        const resting = to.type === 'history' ? to.parent! : to;
        lines.push(`${indent}${idOf(child)} --> ${idOf(resting)}: ${labelOf(eventType, guard)}`);
      }
    }
  }
  return lines;
}

const idOf = (node: AnyStateNode) => node.path.join('_') || 'root';

function labelOf(event: string, guard: unknown): string {
  const name = typeof guard === 'string' ? guard : (guard as { type?: string } | undefined)?.type;
  return name === undefined ? eventName(event) : `${eventName(event)} [${name}]`;
}
