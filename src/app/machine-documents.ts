/** A machine as a document: its definition as JSON, a diagram for Mermaid, a drawing. */
import type { AnyStateMachine } from 'xstate';
import { definitionOf } from '../machines/drawing/definition.ts';
import { drawingOf } from '../machines/drawing/drawing.ts';
import { mermaidOf } from '../machines/drawing/mermaid.ts';
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

/** So many drawings are kept, of up to some hundred kilobytes each. */
const mostKept = 32;
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
