/** A link to a place of this page: without a reload, and an ordinary link for everything else that one does with links. */
import type { MouseEvent, ReactNode } from 'react';
import { go } from '../state/place.ts';

interface LinkProps {
  to: string;
  children: ReactNode;
  className?: string;
  title?: string;
  'aria-current'?: 'page' | 'true' | undefined;
  'aria-label'?: string;
  /** Replaces the present place in the history. */
  isSame?: boolean;
}

export function Link({ to, isSame = false, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain) return;
    event.preventDefault();
    go(to, { isSame });
  };
  return <a href={to} onClick={follow} {...rest} />;
}
