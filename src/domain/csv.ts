/** Tables as RFC 4180 has them: commas, double quotes, lines that end with CR LF. */

export type Cell = string | number | null;

/** The media type, with a first row of names (RFC 4180, section 3). */
export const csvType = 'text/csv';

/** Rows of which the first names the columns. Null is an empty cell. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map(row => `${row.map(cellOf).join(',')}\r\n`).join('');
}

function cellOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = beginsFormula.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A spreadsheet calculates a cell that begins so, whoever has written it (OWASP, "CSV Injection"). A quote before it makes it
 * text. Numbers of ours are numbers.
 */
const beginsFormula = /^[=+\-@\t\r]/;
