/** A machine as a Mermaid state diagram (https://mermaid.js.org/syntax/stateDiagram.html). */
import type { AnyStateMachine } from 'xstate';
import { type DrawnState, type DrawnTransition, drawingOf } from './drawing.ts';

/** States inside states first: what is named in a block for the first time would be drawn inside it. */
export function mermaidOf(machine: AnyStateMachine): string {
  const { root, transitions } = drawingOf(machine);
  const byPath = new Map<string, DrawnState>();
  return ['stateDiagram-v2', ...linesOf(root, 1, byPath), ...transitions.flatMap(move => wayOf(move, byPath))].join(
    '\n',
  );
}

function linesOf({ states, initial }: DrawnState, depth: number, byPath: Map<string, DrawnState>): string[] {
  const indent = '  '.repeat(depth);
  const start = states.find(({ id }) => id === initial);
  const drawn = states.filter(({ type }) => type !== 'history');
  return [
    ...(start === undefined ? [] : [`${indent}[*] --> ${idOf(start)}`]),
    ...drawn.flatMap(state => {
      byPath.set(state.path, state);
      if (state.states.length === 0) return [`${indent}${idOf(state)}: ${state.key}`];
      return [`${indent}state "${state.key}" as ${idOf(state)} {`, ...linesOf(state, depth + 1, byPath), `${indent}}`];
    }),
    ...drawn.filter(({ type }) => type === 'final').map(state => `${indent}${idOf(state)} --> [*]`),
  ];
}

/** A history state stands for the state around it. The root is no state of the diagram: what begins there is left out. */
function wayOf({ from, to, event, guard }: DrawnTransition, byPath: ReadonlyMap<string, DrawnState>): string[] {
  if (to === null || from.path === '') return [];
  const goal = byPath.get(to.path) ?? byPath.get(to.path.slice(0, Math.max(0, to.path.lastIndexOf('.'))));
  if (goal === undefined) return [];
  const label = `${event}${guard && ` [${guard}]`}`;
  return [`  ${idOf(from)} --> ${idOf(goal)}: ${plainLabel(label)}`];
}

/** Words with which Mermaid begins a line of its own. */
const taken = ['state', 'note', 'direction', 'end', 'class', 'classDef', 'style', 'click', 'hide', 'scale', 'default'];

const idOf = ({ path }: DrawnState): string => mermaidId(path);

/** What a state is called in a diagram, by its path. */
export function mermaidId(path: string): string {
  const id = path.replaceAll('.', '_');
  return taken.includes(id) ? `${id}_` : id;
}

/** A label without what Mermaid takes for its own. */
export const plainLabel = (label: string): string => label.replace(/[:;\n]/g, ' ');
