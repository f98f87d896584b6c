/**
 * What a machine does, as a list to be read by people: every state with what it begins and ends, and every transition with
 * its guard and its actions. It is kept as a file, so that a change of a machine shows in the review, and a transition that is
 * missing on all sides is missing from something.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { eventName } from '../../src/machines/graph.ts';

export function listingOf(machine: AnyStateMachine): string {
  const lines: string[] = [];
  const walk = (node: AnyStateNode) => {
    lines.push(...linesOf(node));
    for (const child of Object.values(node.states)) walk(child);
  };
  walk(machine.root);
  return `${lines.join('\n')}\n`;
}

function linesOf(node: AnyStateNode): string[] {
  const path = node.path.join('.') || node.machine.id;
  const about = [
    node.type === 'atomic' || node.type === 'compound' ? '' : `(${node.type})`,
    node.tags.length === 0 ? '' : `#${[...node.tags].sort().join(' #')}`,
    ...node.invoke.map(({ id, src }) => (id === src ? `calls ${id}` : `calls ${src} as ${id}`)),
    node.entry.length === 0 ? '' : `entry ${node.entry.map(named).join(', ')}`,
    node.exit.length === 0 ? '' : `exit ${node.exit.map(named).join(', ')}`,
  ].filter(part => part !== '');
  const all = [
    ...[...node.transitions].flatMap(([event, ways]) => ways.map(way => [event, way] as const)),
    ...(node.always ?? []).map(way => ['', way] as const),
  ];
  return [
    [path, ...about].join('  '),
    ...all.map(([event, { guard, target, actions, reenter }]) => {
      const to =
        target === undefined
          ? actions.length === 0
            ? 'is not taken'
            : 'stays'
          : `→ ${target.map(({ path: there }) => there.join('.')).join(', ')}`;
      const condition = guard === undefined ? '' : ` [${named(guard)}]`;
      const does = actions.length === 0 ? '' : `  / ${actions.map(named).join(', ')}`;
      return `  ${eventName(event)}${condition} ${to}${reenter ? ' anew' : ''}${does}`;
    }),
  ];
}

/** `recordRun(stage=build)`; what is computed shows as a dot. */
function named(given: unknown): string {
  if (typeof given === 'string') return given;
  const { type, params } = given as { type?: string; params?: unknown };
  const name = type ?? 'inline';
  if (params === undefined) return name;
  if (typeof params === 'function') return `${name}(·)`;
  const fields = Object.entries(params as object).map(([key, value]) => `${key}=${shown(value)}`);
  return `${name}(${fields.join(' ')})`;
}

const shown = (value: unknown): string =>
  typeof value === 'function' ? '·' : typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');
