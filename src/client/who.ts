/** Whoever asks, as operations know them. */
import type { Role, Who } from '../operations/operation.ts';
import type { AskOptions } from './signalbox.ts';

/** A name for the record, and what it may. */
export interface Identity {
  name: string;
  role: Role;
}

export function whoOf({ name, role }: Identity, { key, onProgress, signal }: AskOptions = {}): Who {
  return {
    name,
    role,
    key: key ?? null,
    tell: progress => onProgress?.(progress),
    signal: signal ?? new AbortController().signal,
  };
}
