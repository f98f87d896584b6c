/** Columns as a terminal counts them. */
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { cutTo, layOut, padTo, widthOf, wrap } from '../../src/cli/columns.ts';
import { harmless } from '../../src/cli/output.ts';
import { makePlace } from './place.ts';

describe('a text', () => {
  test.each([
    ['plain', 5],
    ['合計が違う', 10],
    ['e\u0301te\u0301', 3],
    ['👩‍💻 works', 8],
    ['', 0],
  ])('%s takes %i columns', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
    expect(widthOf(padTo(text, 20))).toBe(20);
  });

  test('is cut between characters, and never wider than asked', () => {
    expect(cutTo('合計が違う', 6)).toBe('合計…');
    expect(cutTo('👩‍💻👩‍💻👩‍💻', 5)).toBe('👩‍💻👩‍💻…');
    expect(cutTo('as it is', 8)).toBe('as it is');
    expect(cutTo('x'.repeat(10_000), 12)).toBe(`${'x'.repeat(11)}…`);
    for (let columns = 1; columns < 12; columns++)
      expect(widthOf(cutTo('ab合計cd👩‍💻e', columns))).toBeLessThanOrEqual(columns);
  });

  test('is wrapped at words, and broken where a word is too long: nothing is lost', () => {
    expect(wrap('the totals of the month are wrong', 12)).toEqual(['the totals', 'of the month', 'are wrong']);
    expect(wrap('合計が違うので直してください', 10)).toEqual(['合計が違う', 'ので直して', 'ください']);
    expect(wrap('a\n\nb', 10)).toEqual(['a', '', 'b']);
  });

  test('shows neither what steers a terminal nor what cannot be seen; joiners of emoji stay', () => {
    expect(harmless('a\u001b[2Jb\u202ec\u200bd\u061ce\u2066f\ufeffg\u0085')).toBe('a�[2Jb�c�d�e�f�g�');
    expect(harmless('👩‍💻 नमस्ते\tx\ny')).toBe('👩‍💻 नमस्ते\tx\ny');
  });
});

describe('rows', () => {
  const header = ['TASK', 'STATE', 'TITLE', 'WHY'];
  const rows = [
    header,
    ['SHOP-1234', 'development.working', '合計が違うので直してください', 'an agent works on it or waits for a place'],
    ['S-2', 'done', 'Short', ''],
  ];

  test('are aligned whatever their characters, and fit', () => {
    for (const columns of [60, 80, 100, 200]) {
      const { lines, isStacked } = layOut(rows, columns);
      expect(isStacked).toBe(false);
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      const starts = lines.map(line => widthOf(line.slice(0, line.search(/STATE|devel|done/))));
      expect(new Set(starts)).toEqual(new Set([11]));
    }
  });

  test('that do not fit get lines of their own: an id is never cut, and nothing is lost', () => {
    const { lines, isStacked } = layOut(rows, 40);
    expect(isStacked).toBe(true);
    expect(lines).toEqual([
      'SHOP-1234  development.working',
      '  合計が違うので直してください',
      '  an agent works on it or waits for a',
      '  place',
      'S-2  done',
      '  Short',
    ]);
    const long = 'a-very-long-id-that-somebody-has-chosen-for-a-task';
    expect(layOut([header, [long, 'done', 'Title', 'why']], 40).lines[0]).toBe(long);
  });
});

test.each([80, 40])(
  'a list in a terminal of %i columns shows whole ids, and no line is wrapped by the terminal',
  async columns => {
    const place = await makePlace();
    const id = 'RELEASE-2026-000017';
    const title = '合計 \u202e違う and more that is said about it, for long';
    const add = ['task', 'add', '--repo', place.repository, '--id', id, '--title', title, ...place.agent()];
    const added = await place.signalbox(...add);
    expect(added.code, added.stderr).toBe(0);
    const command = `stty cols ${columns}; exec "$NODE" "$BIN" task list`;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], {
      env: { NODE: process.execPath, BIN: place.binary, SIGNALBOX_DATA: place.data, NO_COLOR: '1' },
      stdin: 'ignore',
    });
    const lines = stdout.split(/\r?\n/).filter(line => line.includes('RELEASE') || line.startsWith('  '));
    expect(lines[0]).toContain(id);
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
    expect(stdout).not.toContain('\u202e');
  },
);
