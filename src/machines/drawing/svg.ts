/** A drawing as SVG. Every state is a group with its id as `data-state`: a page shows where an actor is by the class `active`. */
import {
  type Arrangement,
  type Arrow,
  type Box,
  headOf,
  lineHeight,
  type Plan,
  type Point,
  padding,
  type Size,
  titleHeight,
  withBoxes,
  wrapped,
} from './plan.ts';

const margin = 16;
const longestNote = 150;
/** In pixels: leaves room for notes under a small drawing. */
const narrowest = 480;
const narrowestWithNotes = 920;

/** `title` says what it is a drawing of. */
export function svgOf({ root, arrows, notes }: Plan, arranged: Arrangement, title: string): string {
  const lines = notes.flatMap(note => wrapped(note, longestNote));
  const top = arranged.height + 2 * margin;
  const width = Math.ceil(Math.max(arranged.width + 2 * margin, lines.length > 0 ? narrowestWithNotes : narrowest));
  const height = Math.ceil(top + (lines.length > 0 ? (lines.length + 1) * lineHeight + margin : 0));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="machine" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    `<defs>${tip}</defs>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<g transform="translate(${margin} ${margin})">`,
    // Arrows lead over the titles of the states that they lead into: what is written lies above them.
    ...arrows.map(({ id }) => arrowText(arranged.arrows.get(id)!.corners)),
    ...withBoxes(root).map(box => boxText(box, arranged.boxes.get(box.id)!)),
    ...arrows.flatMap(({ id, label }) => labelText(label, arranged.arrows.get(id)!.label)),
    '</g>',
    ...notesText(lines, top),
    '</svg>',
  ].join('\n');
}

function boxText({ id, type, title, lines, boxes, ...box }: Box, place: Point & Size): string {
  const { x, y, width, height } = place;
  const centre = { x: x + width / 2, y: y + height / 2 };
  const radius = Math.min(width, height) / 2 - 1;
  if (type === 'start') return circle(centre, radius, 'start');
  const parts =
    type === 'history'
      ? [circle(centre, radius, 'frame'), text(title, { x: centre.x - 4, y: centre.y + 4 }, 'title')]
      : [
          rect(place, 'frame'),
          ...(type === 'final' ? [rect({ x: x + 3, y: y + 3, width: width - 6, height: height - 6 }, 'end')] : []),
          text(title, { x: x + padding, y: y + titleHeight - 8 }, 'title'),
          ...textLines(lines, { x: x + padding, y: y + titleHeight }, 'line'),
          ...(boxes.length > 0 ? [rule({ x, y: y + headOf({ id, type, title, lines, boxes, ...box }) }, width)] : []),
        ];
  return `<g class="state ${type}" data-state="${escaped(id)}">${parts.join('')}</g>`;
}

const tip =
  '<marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0.5L8 4L0 7.5z"/></marker>';

function arrowText(corners: readonly Point[]): string {
  const way = corners.map(({ x, y }) => `${round(x)} ${round(y)}`).join('L');
  return `<path class="arrow" d="M${way}" marker-end="url(#tip)"/>`;
}

function labelText(label: Arrow['label'], place: Point | null): string[] {
  return label === null || place === null ? [] : textLines(label.lines, { x: place.x + 4, y: place.y }, 'label');
}

function notesText(lines: readonly string[], y: number): string[] {
  if (lines.length === 0) return [];
  const at = { x: margin, y: y + lineHeight };
  return [text('Not drawn as arrows:', at, 'title'), ...textLines(lines, at, 'line')];
}

/** Lines one under the other; the place is that of the upper left corner of the first. */
const textLines = (lines: readonly string[], { x, y }: Point, name: string) =>
  lines.map((line, index) => text(line, { x, y: y + (index + 1) * lineHeight - 4 }, name));

const text = (words: string, { x, y }: Point, name: string) =>
  `<text class="${name}" x="${round(x)}" y="${round(y)}">${escaped(words)}</text>`;

const rect = ({ x, y, width, height }: Point & Size, name: string) =>
  `<rect class="${name}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="8"/>`;

const circle = ({ x, y }: Point, radius: number, name: string) =>
  `<circle class="${name}" cx="${round(x)}" cy="${round(y)}" r="${radius}"/>`;

const rule = ({ x, y }: Point, width: number) => `<path class="rule" d="M${round(x)} ${round(y)}h${round(width)}"/>`;

const round = (length: number) => Math.round(length * 10) / 10;

/** As text or attribute of XML. What XML cannot hold at all becomes a mark. */
function escaped(words: string): string {
  return words
    .replace(/[^\P{Cc}\n\t]|\p{Cs}|[\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);
}

/** Plain rules without variables, which few programs beside browsers understand. */
const style = `
.machine{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.machine .paper{fill:#ffffff}
.machine .frame{fill:#f8fafc;stroke:#94a3b8}
.machine .compound>.frame,.machine .parallel>.frame{fill:#64748b;fill-opacity:.05}
.machine .parallel>.frame{stroke-dasharray:5 3}
.machine .end{fill:none;stroke:#94a3b8}
.machine .rule{stroke:#94a3b8;opacity:.5}
.machine .start,.machine .tip{fill:#64748b}
.machine .arrow{fill:none;stroke:#64748b}
.machine text{fill:#475569;font-size:10.5px;white-space:pre;paint-order:stroke;stroke:#f8fafc;stroke-width:3px}
.machine .title{fill:#0f172a;font-size:12px;font-weight:600}
.machine .label{fill:#0f172a}
.machine .active>.frame{fill:#dbeafe;stroke:#2563eb;stroke-width:2}
.machine .active.atomic text,.machine .active.final text{stroke:none}
.machine .active.compound>.frame,.machine .active.parallel>.frame{fill:#2563eb}
@media(prefers-color-scheme:dark){
.machine .paper{fill:#0b1120}
.machine .frame{fill:#172033;stroke:#475569}
.machine .compound>.frame,.machine .parallel>.frame{fill:#94a3b8}
.machine .end,.machine .rule{stroke:#475569}
.machine .start,.machine .tip{fill:#8291a7}
.machine .arrow{stroke:#8291a7}
.machine text{fill:#a8b4c6;stroke:#111a2c}
.machine .title,.machine .label{fill:#e2e8f0}
.machine .active>.frame{fill:#1e3a8a;stroke:#60a5fa}
.machine .active.compound>.frame,.machine .active.parallel>.frame{fill:#60a5fa}
}
`;
