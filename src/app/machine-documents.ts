/** A machine as a document: its definition as JSON, a diagram for Mermaid, a drawing. */
import type { AnyStateMachine } from 'xstate';
import { type Chart, chartOf } from '../machines/drawing/chart.ts';
import { definitionOf } from '../machines/drawing/definition.ts';
import { drawingOf, partOf } from '../machines/drawing/drawing.ts';
import { mermaidOf } from '../machines/drawing/mermaid.ts';
import { isLarge, overviewOf } from '../machines/drawing/overview.ts';
import { planOf } from '../machines/drawing/plan.ts';
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
  return drawnOnce(hash, () => draw(machine));
}

/**
 * Where everything of the machine lies, or of one of its states seen from near; undefined for a path without a state. A
 * large machine as a whole is shown by its outermost states.
 */
export async function chartOfMachine({ machine, hash }: Documented, within: string): Promise<Chart | undefined> {
  const whole = drawingOf(machine);
  const drawing = within === '' ? whole : partOf(whole, within);
  if (drawing === undefined) return undefined;
  const text = await drawnOnce(`${hash} chart ${within}`, async () => {
    const { arrange } = await import('./arrange.ts');
    const { plan, cells } =
      within === '' && isLarge(whole) ? overviewOf(whole) : { plan: planOf(drawing, { isBrief: true }), cells: null };
    return JSON.stringify(chartOf(machine.id, within, { drawing, plan, arranged: await arrange(plan), cells }));
  });
  return JSON.parse(text) as Chart;
}

/** So many drawings are kept, of some kilobytes each, a few of some hundred. */
const mostKept = 300;
const kept = new Map<string, Promise<string>>();

function drawnOnce(hash: string, make: () => Promise<string>): Promise<string> {
  const drawing = kept.get(hash) ?? make();
  // The one that was asked for last is the youngest.
  kept.delete(hash);
  kept.set(hash, drawing);
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
  }
  drawing.catch(() => kept.delete(hash));
  return drawing;
}

async function draw(machine: AnyStateMachine): Promise<string> {
  const { arrange } = await import('./arrange.ts');
  const plan = planOf(drawingOf(machine));
  return svgOf(plan, await arrange(plan), `The machine ${machine.id}. ${machine.root.description ?? ''}`.trim());
}
