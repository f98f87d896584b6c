/** One line of output with its colours; whatever else a terminal would do with it is left out. */
import Anser from 'anser';
import { memo } from 'react';
import { visible } from '../visible.ts';

/** Sequences that move a cursor, set a title or ask the terminal something, and other control characters. */
const esc = '\\u001b';
const control = new RegExp(
  [
    `${esc}\\][^\\u0007\\u001b]*(?:\\u0007|${esc}\\\\)`,
    `${esc}\\[[\\d;?]*[A-Za-ln-z]`,
    `${esc}[()][A-Z0-9]`,
    '[\\u0000-\\u0008\\u000b-\\u001a\\u001c-\\u001f\\u007f]',
  ].join('|'),
  'g',
);

export const Line = memo(function Line({ text }: { text: string }) {
  const plain = text.replace(control, '');
  if (!plain.includes('\u001b'))
    return <span className={plain.startsWith('· ') ? 'tool' : ''}>{visible(plain) || ' '}</span>;
  return Anser.ansiToJson(plain, { use_classes: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations }, index) => (
      <span key={index} className={[fg, bg && `${bg}-bg`, ...decorations].filter(Boolean).join(' ')}>
        {visible(content)}
      </span>
    ),
  );
});
