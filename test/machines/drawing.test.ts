/** Every machine of ours as JSON for tools, as a Mermaid diagram and as a drawing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, type AnyStateNode, createMachine, setup } from 'xstate';
import { arrange } from '../../src/app/arrange.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { definitionOf } from '../../src/machines/drawing/definition.ts';
import { drawingOf, withInner } from '../../src/machines/drawing/drawing.ts';
import { mermaidOf } from '../../src/machines/drawing/mermaid.ts';
import { type Arrangement, type Box, type Point, planOf, type Size } from '../../src/machines/drawing/plan.ts';
import { svgOf } from '../../src/machines/drawing/svg.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';

const machines = machineKinds.map(({ name, build, definition }) => ({ name, machine: build(definition) }));

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];
const describeNode = (node: AnyStateNode) => ({
  id: node.id,
  type: node.type,
  events: [...node.transitions.keys()].sort(),
  tags: node.tags,
});

describe.each(machines)('the machine $name', ({ machine }) => {
  const drawing = drawingOf(machine);
  const states = withInner(drawing.root);

  test('is JSON of which XState makes the same states with the same events', () => {
    const text = JSON.stringify(definitionOf(machine));
    const again = createMachine(JSON.parse(text)) as unknown as AnyStateMachine;
    expect(nodesOf(again.root).map(describeNode)).toEqual(nodesOf(machine.root).map(describeNode));
    expect(again.events.toSorted()).toEqual(machine.events.toSorted());
    const targets = (one: AnyStateMachine) =>
      drawingOf(one).transitions.map(({ from, to, event, guard }) => [from.id, to?.id, event, guard]);
    expect(targets(again)).toEqual(targets(machine));
  });

  test('gives no data of an actor away: neither its context nor what computes it', () => {
    const definition = definitionOf(machine);
    expect(definition).not.toHaveProperty('context');
    expect(JSON.stringify(definition)).not.toMatch(/=>|function/);
  });

  test('is a diagram in which every state is declared once, where it belongs, and every way names such states', () => {
    const lines = mermaidOf(machine).split('\n');
    expect(lines[0]).toBe('stateDiagram-v2');
    const open: string[] = [];
    const declared = new Map<string, string | undefined>();
    for (const line of lines.slice(1).map(text => text.trim())) {
      const [, leaf] = /^(\w+): \w+$/.exec(line) ?? [];
      const [, outer] = /^state "\w+" as (\w+) \{$/.exec(line) ?? [];
      const id = leaf ?? outer;
      if (id !== undefined) {
        expect(declared.has(id), id).toBe(false);
        declared.set(id, open.at(-1));
      }
      if (outer !== undefined) open.push(outer);
      if (line === '}') expect(open.pop()).toBeDefined();
      const [, from = '', to = ''] = /^(\S+) --> (\S+?)(?:: [^:;]+)?$/.exec(line) ?? [];
      expect(id ?? (line === '}' ? line : from), line).not.toBe('');
      // What is named inside a block for the first time would be drawn inside it.
      if (from !== '' && from !== '[*]' && to !== '[*]')
        expect([open, declared.has(from), declared.has(to)]).toEqual([[], true, true]);
    }
    expect(open).toEqual([]);
    const drawn = states.filter(({ type, path }) => type !== 'history' && path !== '');
    expect(declared.size).toBe(drawn.length);
  });

  test('is well-formed SVG in which every state can be found', async () => {
    const plan = planOf(drawing);
    const arranged = await arrange(plan);
    const svg = svgOf(plan, arranged, `A & <b> "c" of ${machine.id}`);
    const elements = parse(svg);
    expect(elements[0]).toMatchObject({ name: 'svg', attributes: { xmlns: 'http://www.w3.org/2000/svg' } });
    expect(elements[1]).toMatchObject({ name: 'title', text: `A & <b> "c" of ${machine.id}` });
    const found = elements.flatMap(({ attributes }) => attributes['data-state'] ?? []);
    expect(found.toSorted()).toEqual(states.map(({ id }) => id).toSorted());
    const named = (name: string) => elements.filter(({ attributes }) => attributes.class === name).length;
    expect(named('start')).toBe(states.filter(({ initial }) => initial !== undefined).length);
    expect(named('end')).toBe(states.filter(({ type }) => type === 'final').length);
    expect(named('arrow')).toBe(plan.arrows.length);
    expectApart(plan.root, arranged);
    expectConnected(plan, arranged);
  });

  test('says every transition: with an arrow, in its state, or in a note', () => {
    const plan = planOf(drawing);
    const said = [
      ...plan.arrows.flatMap(({ label }) => label?.lines ?? []),
      ...boxesIn(plan.root).flatMap(({ lines }) => lines),
      ...plan.notes,
    ].join('\n');
    for (const { event, guard } of drawing.transitions) {
      expect(said).toContain(event.split(' ', 1)[0]);
      expect(said).toContain(guard);
    }
  });
});

test('what leads from everywhere to the same is said under the drawing of a task, and decisions are drawn', () => {
  const plan = planOf(drawingOf(machines.find(({ name }) => name === 'task')!.machine));
  const cancelled = plan.arrows.filter(({ to }) => to === 'cancelled');
  expect(cancelled).toEqual([]);
  expect(plan.notes.filter(note => note.includes('→ cancelled; from '))).not.toEqual([]);
  expect(plan.notes).toContain(
    'task.pause → paused.*; from * (* is analysis, architecture, development, review, testing, deploy); from *.merging.later (* is deploy)',
  );
  const onward = plan.arrows.find(({ from, to }) => from === 'task.analysis.deciding' && to === 'architecture');
  expect(onward?.label?.lines.join(' ')).toContain('always [arePassed]');
  const analysis = boxesIn(plan.root).find(({ id }) => id === 'analysis');
  expect(analysis?.lines).toContain('↗ task.cancel, task.pause');
});

test('names that mean something to Mermaid or to XML are drawn like others', async () => {
  const machine = setup({ guards: { 'is < 1 & "so"': () => true } }).createMachine({
    id: 'odd',
    initial: 'note',
    on: { cancel: '.end' },
    states: {
      note: { on: { 'a:b;c': { guard: 'is < 1 & "so"', target: 'end' } } },
      end: { type: 'final' },
    },
  }) as unknown as AnyStateMachine;
  expect(mermaidOf(machine).split('\n')).toEqual([
    'stateDiagram-v2',
    '  [*] --> note_',
    '  note_: note',
    '  end_: end',
    '  end_ --> [*]',
    '  note_ --> end_: a b c [is < 1 & "so"]',
  ]);
  const plan = planOf(drawingOf(machine));
  // What holds everywhere is a line of the whole, not an arrow from its frame.
  expect(plan.root.lines).toEqual(['cancel → end']);
  expect(plan.arrows.map(({ from, to }) => `${from} ${to}`)).toEqual(['odd:start odd.note', 'odd.note odd.end']);
  const texts = parse(svgOf(plan, await arrange(plan), 'odd\u0000')).map(({ text }) => text);
  expect(texts).toContain('odd\ufffd');
  expect(texts.join(' ')).toContain('a:b;c [is < 1 & "so"]');
});

test('a pipeline of twenty stages is drawn as well', async () => {
  const stages = Array.from({ length: 20 }, (_, index) => ({
    name: `stage${index}`,
    role: 'developer',
    gates: [{ kind: 'command' as const, name: `gate${index}` }],
  }));
  const plan = planOf(drawingOf(compileTask(pipelineSchema.parse({ name: 'long', stages }))));
  expectApart(plan.root, await arrange(plan));
}, 30_000);

test('the layout is loaded by its own thread alone, and only to lay something out', () => {
  const source = new URL('../../src/', import.meta.url).pathname;
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  const importing = (pattern: RegExp) => files.filter(file => pattern.test(readFileSync(join(source, file), 'utf8')));
  expect(importing(/^import (?!type ).*'elkjs/m)).toEqual([]);
  expect(importing(/import\('elkjs/)).toEqual(['app/layout-thread.ts']);
  expect(importing(/^import (?!type ).*'\.\/layout-thread\.ts'/m)).toEqual(['app/arrange.ts']);
  expect(importing(/^import (?!type ).*\/arrange\.ts'/m)).toEqual([]);
});

const boxesIn = (box: Box): Box[] => [box, ...box.boxes.flatMap(boxesIn)];

/** No box lies over another beside it, and each lies inside the one around it. */
function expectApart(box: Box, arranged: Arrangement): void {
  const place = ({ id }: Box) => arranged.boxes.get(id)!;
  const outer = place(box);
  for (const [index, inner] of box.boxes.entries()) {
    const one = place(inner);
    expect(one.width, inner.id).toBeGreaterThanOrEqual(inner.width);
    expect(isInside(one, outer), `${inner.id} in ${box.id}`).toBe(true);
    for (const other of box.boxes.slice(index + 1)) {
      expect(areApart(one, place(other)), `${inner.id} beside ${other.id}`).toBe(true);
    }
    expectApart(inner, arranged);
  }
}

type Place = Point & Size;
const areApart = (a: Place, b: Place) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const isInside = (a: Place, b: Place) =>
  a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;

/** Every arrow begins at the edge of its state and ends at that of the other, whichever way it was laid out. */
function expectConnected({ arrows }: ReturnType<typeof planOf>, arranged: Arrangement): void {
  const touches = ({ x, y }: Point, box: Place) =>
    isInside(
      { x, y, width: 0, height: 0 },
      { x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 },
    );
  for (const { id, from, to } of arrows) {
    const { corners } = arranged.arrows.get(id)!;
    expect(touches(corners[0]!, arranged.boxes.get(from)!), `${id} begins`).toBe(true);
    expect(touches(corners.at(-1)!, arranged.boxes.get(to)!), `${id} ends`).toBe(true);
  }
}

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** The elements of an XML document in their order. Throws where it is not well-formed. */
function parse(xml: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const token = /<(\/?)([a-zA-Z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const [all, closes, name, attributes = '', isEmpty, text] of xml.matchAll(token)) {
    end += all.length;
    if (text !== undefined) {
      const at = open.at(-1);
      if (at === undefined && text.trim() !== '') throw new Error(`text outside: ${text}`);
      if (at !== undefined) at.text += unescaped(text);
      continue;
    }
    if (closes) {
      if (open.pop()?.name !== name) throw new Error(`${all} closes another`);
      continue;
    }
    const pairs = [...attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescaped(value!)]);
    if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`an attribute twice: ${all}`);
    const element = { name: name!, attributes: Object.fromEntries(pairs), text: '' };
    elements.push(element);
    if (!isEmpty) open.push(element);
  }
  if (end !== xml.length || open.length > 0) throw new Error(`not well-formed at ${xml.slice(end, end + 60)}`);
  return elements;
}

function unescaped(text: string): string {
  if (/&(?!#\d+;)/.test(text)) throw new Error(`a bare & in ${text}`);
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
