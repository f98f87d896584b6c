/** Texts of events and verdicts, as the context of a task and its story have them. */

/** A field of an event as text; empty where it has none. */
export const textOf = (event: unknown, key: string) => String((event as Record<string, unknown>)[key] ?? '');

export const shorten = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);

export const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';
