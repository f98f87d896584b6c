/** What must hold of any figures, whatever they are made of. */
import { expect } from 'vitest';
import type { FiguresView } from '../../../src/operations/views/figures.ts';

const sum = (values: Iterable<number>) => [...values].reduce((all, value) => all + value, 0);

export function expectToAddUp(figures: FiguresView): void {
  const { overall, periods, projects, stages, rework, gates, usage, from, to } = figures;
  for (const parts of [periods, projects]) {
    for (const name of [
      'done',
      'failed',
      'cancelled',
      'broken',
      'living',
      'leadTime',
      'rework',
      'verdicts',
      'spent',
    ] as const) {
      expect([name, sum(parts.map(part => part[name].total))]).toEqual([name, overall[name].total]);
    }
    expect(sum(parts.map(part => part.leadTime.totalMs))).toBe(overall.leadTime.totalMs);
    expect(sum(parts.map(part => part.spent.costUsd ?? 0))).toBeCloseTo(overall.spent.costUsd ?? 0, 5);
  }
  expect(sum(rework.map(({ count }) => count))).toBe(overall.rework.count);
  for (const word of ['pass', 'fail', 'inconclusive'] as const) {
    expect(sum(gates.map(gate => gate[word]))).toBe(overall.verdicts[word]);
  }
  for (const name of ['runs', 'sessions', 'workedMs', 'unpriced', 'inputTokens', 'outputTokens'] as const) {
    expect([name, sum(usage.map(use => use[name]))]).toEqual([name, overall.spent[name]]);
  }
  expect(sum(usage.map(({ costUsd }) => costUsd ?? 0))).toBeCloseTo(overall.spent.costUsd ?? 0, 5);
  for (const { time, phases, total } of stages) {
    expect(sum(Object.values(phases))).toBe(time.totalMs);
    expect(time.count).toBe(total);
    expect(time.medianMs!).toBeLessThanOrEqual(time.p90Ms!);
  }
  for (const { passRate, firstPassRate, flakiness, flakyTrees, trees } of gates) {
    for (const rate of [passRate, firstPassRate, flakiness]) expect(rate ?? 0.5).toBeGreaterThanOrEqual(0);
    for (const rate of [passRate, firstPassRate, flakiness]) expect(rate ?? 0.5).toBeLessThanOrEqual(1);
    expect(flakyTrees).toBeLessThanOrEqual(trees);
  }
  for (const { period } of periods) {
    expect(Date.parse(period)).toBeLessThan(Date.parse(to));
    // A week may begin before the period does.
    expect(Date.parse(period)).toBeGreaterThan(Date.parse(from) - 7 * 86_400_000);
  }
}
