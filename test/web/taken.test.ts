/** How often each way of a chart was taken. */
import { beforeAll, expect, test } from 'vitest';
import { chartOfMachine } from '../../src/app/machine-documents.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import type { Chart } from '../../web/src/api/types.ts';
import { takenIn } from '../../web/src/chart/taken.ts';

const kind = machineKinds.find(({ name }) => name === 'task')!;
const chartWithin = async (within: string) =>
  (await chartOfMachine({ machine: kind.build(kind.definition), hash: 'task' }, within))!;
let whole: Chart;
let near: Chart;
beforeAll(async () => {
  whole = await chartWithin('');
  near = await chartWithin('analysis');
});

const at = (minute: number) => `2026-11-26T10:0${minute}:00.000Z`;
const step = (from: string, to: string, minute = 0, outcome = 'applied') => ({ from, to, at: at(minute), outcome });
const countsIn = (chart: Chart, entries: ReturnType<typeof step>[]) =>
  [...takenIn(chart, entries)].map(([id, { count }]) => {
    const { from, to } = chart.ways.find(way => way.id === id)!;
    return `${from} → ${to} ×${count}`;
  });

test('from stage to stage each way counts, and where it began', () => {
  const entries = [
    step('', 'analysis.preparing'),
    step('analysis.preparing', 'analysis.working.running'),
    step('analysis.gating', 'architecture.preparing'),
    step('review.gating', 'development.preparing'),
    step('review.gating', 'development.preparing', 3),
  ];
  expect(countsIn(whole, entries)).toEqual([
    ' → created ×1',
    'created → analysis ×1',
    'analysis → architecture ×1',
    'review → development ×2',
  ]);
  expect([...takenIn(whole, entries).values()].at(-1)!.lastAt).toBe(at(3));
});

test('from near the states count too that are passed in a moment', () => {
  expect(countsIn(near, [step('analysis.gating', 'analysis.awaitingApproval')])).toEqual([
    'analysis.gating → analysis.deciding ×1',
    'analysis.deciding → analysis.awaitingApproval ×1',
  ]);
});

test('what changed nothing, and what leads where the chart shows no way, counts nothing', () => {
  expect(countsIn(whole, [step('analysis.gating', 'architecture.preparing', 0, 'ignored')])).toEqual([]);
  expect(countsIn(whole, [step('deploy.blocked', 'analysis.preparing')])).toEqual([]);
  expect(countsIn(whole, [step('analysis.gating', 'analysis.gating')])).toEqual([]);
});
