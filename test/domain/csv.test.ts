/** Tables as RFC 4180 has them, and nothing in them that a spreadsheet would calculate. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cell, csvOf } from '../../src/domain/csv.ts';

test('quotes what holds a comma, a quote or a line break, and nothing else', () => {
  expect(
    csvOf([
      ['a', 'b'],
      ['plain text', 1.5],
      ['a,b', null],
      ['say "so"', -2],
      ['two\nlines', 'x\ry'],
    ]),
  ).toBe('a,b\r\nplain text,1.5\r\n"a,b",\r\n"say ""so""",-2\r\n"two\nlines","x\ry"\r\n');
});

test('text that a spreadsheet would calculate is made text; numbers stay numbers', () => {
  const cells = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', 'a=1'];
  expect(csvOf([cells])).toBe(`'=1+1,'+1,'-1,'@SUM(A1),'\t=1,"'\r=1",a=1\r\n`);
  expect(csvOf([[-1, 1e21]])).toBe('-1,1e+21\r\n');
});

/** The grammar of RFC 4180, section 2, read as it stands there. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length; ) {
    const row: string[] = [];
    for (;;) {
      const [whole = '', quoted, plain = ''] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(text.slice(at))!;
      row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
      at += whole.length;
      if (text[at] !== ',') break;
      at += 1;
    }
    expect(text.slice(at, at + 2)).toBe('\r\n');
    at += 2;
    rows.push(row);
  }
  return rows;
}

test('whatever is written is read again, but for the quote before a formula', () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', '=', '+', 'ä', ' ', "'") }),
    fc.integer(),
    fc.constant(null),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 4 }), (rows: Cell[][]) => {
      const expected = rows.map(row =>
        row.map(one => (typeof one === 'string' && /^[=+\-@\t\r]/.test(one) ? `'${one}` : String(one ?? ''))),
      );
      expect(readCsv(csvOf(rows))).toEqual(expected);
    }),
  );
});
