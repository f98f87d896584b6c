/** Keys of the whole page, and of the view that is shown. */
import { useEffect } from 'react';

type Keys = Record<string, (event: KeyboardEvent) => void>;

const layers: Keys[] = [];
let first = '';
let forget: ReturnType<typeof setTimeout> | undefined;

/** Two keys one after the other belong together for so long, in milliseconds. */
const togetherMs = 900;

/** Keys that hold while something is shown; `g b` is one after the other. The innermost that knows a key gets it. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    layers.push(keys);
    return () => void layers.splice(layers.indexOf(keys), 1);
  });
}

/** Whether somebody writes: then a letter is a letter. */
const isWriting = ({ target }: KeyboardEvent) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function listenToKeys(): void {
  window.addEventListener('keydown', event => {
    const isCommand = event.metaKey || event.ctrlKey;
    const name = isCommand ? `mod+${event.key.toLowerCase()}` : event.key;
    if (event.altKey || (isWriting(event) && !isCommand && event.key !== 'Escape')) return;
    const pair = first === '' ? '' : `${first} ${name}`;
    first = '';
    clearTimeout(forget);
    const find = (key: string) => layers.findLast(layer => Object.hasOwn(layer, key))?.[key];
    const handle = (pair !== '' && find(pair)) || find(name);
    if (handle) {
      event.preventDefault();
      handle(event);
    } else if (layers.some(layer => Object.keys(layer).some(key => key.startsWith(`${name} `)))) {
      first = name;
      forget = setTimeout(() => {
        first = '';
      }, togetherMs);
    }
  });
}
