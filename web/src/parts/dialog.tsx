/** A dialog over the page: focus stays in it, Escape closes it, and what had the focus gets it back. */
import { type ReactNode, useEffect, useRef } from 'react';

export function Dialog({ label, close, children }: { label: string; close(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      onClose={close}
      onClick={event => event.target === dialog.current && close()}
      onKeyDown={event => event.key === 'Escape' && close()}
    >
      <div className="inside">{children}</div>
    </dialog>
  );
}
