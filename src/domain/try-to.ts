/** What a look comes to; undefined where it fails, for whatever reason: what cannot be seen says nothing. */
export function tryTo<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
