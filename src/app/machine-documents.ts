/** A machine as a document: its definition as JSON, a diagram for Mermaid, a drawing. */
import type { AnyStateMachine } from 'xstate';
import { type Chart, chartOf } from '../machines/drawing/chart.ts';
import { definitionOf } from '../machines/drawing/definition.ts';
import { drawingOf, partOf } from '../machines/drawing/drawing.ts';
import { mermaidOf } from '../machines/drawing/mermaid.ts';
import { isLarge, overviewOf } from '../machines/drawing/overview.ts';
import { type Plan, planOf } from '../machines/drawing/plan.ts';
import { svgOf } from '../machines/drawing/svg.ts';

export const documentFormats = ['json', 'svg', 'mermaid'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

export interface Documented {
  machine: AnyStateMachine;
  /** The hash of its definition: what was drawn once is not drawn again. */
  hash: string;
}

/** The document as text, without a line break at its end. */
export async function documentOf({ machine, hash }: Documented, format: DocumentFormat): Promise<string> {
  if (format === 'json') return JSON.stringify(definitionOf(machine), null, 2);
  if (format === 'mermaid') return mermaidOf(machine);
  return recall<string>(hash) ?? remember(hash, draw(machine));
}

/**
 * Where everything of the machine lies, or of one of its states seen from near; undefined for a path without a state. A
 * large machine as a whole is shown by its outermost states.
 */
export async function chartOfMachine({ machine, hash }: Documented, within: string): Promise<Chart | undefined> {
  const key = `${hash} chart ${within}`;
  const known = recall<Chart>(key);
  if (known !== undefined) return known;
  const whole = drawingOf(machine);
  const drawing = within === '' ? whole : partOf(whole, within);
  if (drawing === undefined) return undefined;
  const { plan, cells } =
    within === '' && isLarge(whole) ? overviewOf(whole) : { plan: planOf(drawing, { isBrief: true }), cells: null };
  return remember(
    key,
    arranged(plan).then(arrangement => chartOf(machine.id, within, { drawing, plan, arranged: arrangement, cells })),
  );
}

/** So many drawings are kept, of some kilobytes each, a few of some hundred. */
const mostKept = 300;
const kept = new Map<string, Promise<unknown>>();

/** What was drawn under a key; what was asked for last is the youngest. */
function recall<Drawn>(key: string): Promise<Drawn> | undefined {
  const drawn = kept.get(key) as Promise<Drawn> | undefined;
  if (drawn === undefined) return undefined;
  kept.delete(key);
  kept.set(key, drawn);
  return drawn;
}

function remember<Drawn>(key: string, drawn: Promise<Drawn>): Promise<Drawn> {
  kept.set(key, drawn);
  if (kept.size > mostKept) kept.delete(kept.keys().next().value!);
  drawn.catch(() => kept.delete(key));
  return drawn;
}

/** Nothing of the kernel is loaded before somebody wants a drawing. */
const arranged = async (plan: Plan) => (await import('./arrange.ts')).arrange(plan);

async function draw(machine: AnyStateMachine): Promise<string> {
  const plan = planOf(drawingOf(machine));
  return svgOf(plan, await arranged(plan), `The machine ${machine.id}. ${machine.root.description ?? ''}`.trim());
}
