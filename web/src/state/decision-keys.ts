/** Keys by which one decides without the mouse. */
import { useEffect, useMemo, useRef } from 'react';
import type { Move } from '../api/types.ts';
import { useKeys } from './keys.ts';

export const decisionKeys: Readonly<Record<string, string>> = {
  'task.approve': 'a',
  'task.reject': 'r',
  'task.answer': 'w',
};

/** Opens what a key stands for, of the moves that there are; nothing while it is not on. */
export function useDecisionKeys(moves: readonly Move[], isOn: boolean, open: (move: Move) => void): void {
  const opening = useRef(open);
  useEffect(() => {
    opening.current = open;
  });
  const keys = useMemo(() => {
    const known = isOn ? moves.filter(({ event }) => event in decisionKeys) : [];
    return Object.fromEntries(known.map(move => [decisionKeys[move.event]!, () => opening.current(move)]));
  }, [moves, isOn]);
  useKeys(keys);
}
