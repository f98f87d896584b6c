/** Versions of programs, as far as comparing them goes. */

/** Below zero when `a` is older than `b`. Compares the numbers between dots; what follows a dash does not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return version
    .replace(/[-+].*$/, '')
    .split('.')
    .map(part => Number.parseInt(part, 10) || 0);
}
