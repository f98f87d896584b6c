/** A machine as places and ways, for whoever draws it himself. */
import { expect, test } from 'vitest';
import { chartOfMachine } from '../../src/app/machine-documents.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { type Chart, chartSchema } from '../../src/machines/drawing/chart.ts';

const taskKind = machineKinds.find(({ name }) => name === 'task')!;
const task = { machine: taskKind.build(taskKind.definition), hash: 'task' };

const contains = (outer: Chart['states'][number], inner: Chart['states'][number]) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width + 0.2 &&
  inner.y + inner.height <= outer.y + outer.height + 0.2;

test('the whole of a large machine is its outermost states, with what is inside as cells in them', async () => {
  const chart = (await chartOfMachine(task, ''))!;
  expect(chartSchema.parse(chart)).toEqual(chart);
  expect(chart.isOverview).toBe(true);
  const outer = chart.states.filter(({ type }) => type !== 'cell' && type !== 'start');
  expect(outer.map(({ path }) => path)).toEqual(Object.keys(task.machine.states));
  const cells = chart.states.filter(({ type }) => type === 'cell');
  expect(cells.length).toBeGreaterThan(80);
  for (const cell of cells) {
    const around = outer.find(({ path }) => cell.path.startsWith(`${path}.`))!;
    expect(contains(around, cell), cell.path).toBe(true);
    const beside = cells.filter(other => other !== cell && contains({ ...cell }, other));
    expect(beside, cell.path).toEqual([]);
  }
});

test('ways lead from state to state, each pair once, and begin and end at them', async () => {
  const { states, ways, width, height } = (await chartOfMachine(task, ''))!;
  const known = new Set(states.map(({ path }) => path));
  const pairs = ways.filter(({ moves }) => moves.length > 0).map(({ from, to }) => `${from} ${to}`);
  expect(pairs).toEqual([...new Set(pairs)]);
  expect(pairs).toContain('analysis architecture');
  expect(pairs).toContain('review development');
  for (const { from, to, corners, moves } of ways) {
    if (moves.length > 0) expect([known.has(from), known.has(to)]).toEqual([true, true]);
    expect(corners.length).toBeGreaterThan(1);
    for (const [x, y] of corners) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(width);
      expect(y).toBeLessThanOrEqual(height);
    }
  }
});

test('one state from near shows everything inside it, and nothing else', async () => {
  const chart = (await chartOfMachine(task, 'analysis'))!;
  expect(chart.isOverview).toBe(false);
  const paths = chart.states.map(({ path }) => path).filter(path => path !== '');
  expect(paths.every(path => path === 'analysis' || path.startsWith('analysis.'))).toBe(true);
  expect(paths).toContain('analysis.working.running');
  expect(await chartOfMachine(task, 'no.such.state')).toBeUndefined();
});

test('every machine has a chart', { timeout: 120_000 }, async () => {
  for (const { name, build, definition } of machineKinds) {
    const chart = (await chartOfMachine({ machine: build(definition), hash: name }, ''))!;
    expect(chartSchema.parse(chart).states.length, name).toBeGreaterThan(2);
  }
});
