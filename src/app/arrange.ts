/** Says where everything of a plan lies. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import {
  type Arrangement,
  type Box,
  headOf,
  type Plan,
  type Point,
  type Size,
  withBoxes,
} from '../machines/drawing/plan.ts';
import { layOut } from './layout-thread.ts';

/** The options of the layout: https://eclipse.dev/elk/reference/options.html. Lengths are in pixels. */
const options = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  // Places count from the corner of the drawing.
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=0,left=0,bottom=0,right=0]',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
};

export async function arrange({ root, arrows }: Plan): Promise<Arrangement> {
  const order = new Map(withBoxes(root).map(({ id }, index) => [id, index]));
  // The kernel would turn round whatever makes the fewest arrows go up. States are written in the order in which they are
  // read, so what leads back in it goes up: the kernel is given it the other way round.
  const back = new Set(arrows.filter(({ from, to }) => order.get(from)! > order.get(to)!).map(({ id }) => id));
  const graph: ElkNode = {
    id: '',
    layoutOptions: options,
    children: [nodeOf(root)],
    edges: [
      ...arrows.map(({ id, from, to, label }) => ({
        id,
        sources: [back.has(id) ? to : from],
        targets: [back.has(id) ? from : to],
        // A label without text would get no place.
        labels: label === null ? [] : [{ text: id, width: label.width, height: label.height }],
      })),
      ...followings(root, new Set(arrows.flatMap(({ from, to, label }) => (label === null ? [] : [from, to])))),
    ],
  };
  return arrangementOf(await layOut(graph), back);
}

/**
 * Boxes that no arrow leads to or from, but those of where it begins, would all come first. They follow those before them,
 * by edges that nobody draws.
 */
function followings(box: Box, connected: ReadonlySet<string>): ElkExtendedEdge[] {
  const isApart = (inner: Box) => !withBoxes(inner).some(({ id }) => connected.has(id));
  const edges: ElkExtendedEdge[] = [];
  for (const [index, inner] of box.boxes.entries()) {
    edges.push(...followings(inner, connected));
    const before = box.boxes.slice(0, index).findLast(other => other.type !== 'start' && !isApart(other));
    if (before === undefined || !isApart(inner)) continue;
    edges.push({ id: `after ${before.id} ${inner.id}`, sources: [before.id], targets: [inner.id] });
  }
  return edges;
}

function nodeOf(box: Box): ElkNode {
  const { id, type, width, height, boxes } = box;
  if (type === 'start') {
    return { id, width, height, layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' } };
  }
  if (boxes.length === 0) return { id, width, height };
  return {
    id,
    layoutOptions: {
      'elk.padding': `[top=${headOf(box) + 14},left=16,bottom=16,right=16]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
    children: boxes.map(nodeOf),
  };
}

function arrangementOf(laidOut: ElkNode, back: ReadonlySet<string>): Arrangement {
  const boxes = new Map<string, Point & Size>();
  const arrows = new Map<string, { corners: Point[]; label: Point | null }>();
  const take = ({ id, x = 0, y = 0, width = 0, height = 0, children = [], edges = [] }: ElkNode) => {
    boxes.set(id, { x, y, width, height });
    for (const child of children) take(child);
    for (const edge of edges) arrows.set(edge.id, arrowOf(edge, back.has(edge.id)));
  };
  take(laidOut);
  return { width: laidOut.width ?? 0, height: laidOut.height ?? 0, boxes, arrows };
}

function arrowOf({ sections = [], labels = [] }: ElkExtendedEdge, isBack: boolean) {
  const corners = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
  const label = labels[0];
  return {
    corners: isBack ? corners.reverse() : corners,
    label: label === undefined ? null : { x: label.x ?? 0, y: label.y ?? 0 },
  };
}
