/** What a record holds under a key that came from outside; `constructor` and its kind are no entries. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
