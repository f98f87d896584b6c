/** How a task stands: a colour, a shape and a word, never a colour alone. */
import type { Standing as Word } from '../api/types.ts';
import { useTexts } from '../texts/index.ts';

export function Standing({ standing }: { standing: Word }) {
  const { standing: words } = useTexts();
  return (
    <span className={`standing ${standing}`}>
      <i className="mark" aria-hidden="true" />
      {words[standing]}
    </span>
  );
}

export function Verdict({ verdict, name }: { verdict: 'pass' | 'fail' | 'inconclusive' | null; name?: string }) {
  const { verdict: words } = useTexts();
  const word = words[verdict ?? 'none'];
  return (
    <span className={`verdict ${verdict ?? 'none'}`} title={name === undefined ? word : `${name}: ${word}`}>
      <i className="mark" aria-hidden="true" />
      <span className={name === undefined ? '' : 'unseen'}>{name === undefined ? word : `${name}: ${word}`}</span>
    </span>
  );
}
