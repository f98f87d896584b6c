/** JSON values, and what makes a value plain enough to be stored and come back the same. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * Returns `value` with every `undefined` property removed, so that a value in memory equals the same value after a
 * round trip through the database. Parts shared with `previous` are known to be plain and are not walked again.
 * Throws a `TypeError` that names the path when something is not JSON (a Date, a Map, a function, NaN).
 */
export function toPlainJson<T>(value: T, path: string, previous?: unknown): T {
  if (value === previous && typeof value === 'object') return value;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${path} is ${value}; it must be a finite number`);
    return value;
  }
  if (typeof value !== 'object') throw new TypeError(`${path} is a ${typeof value}; only JSON can be stored`);
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const element = value[index] === undefined ? null : value[index];
      const plain = toPlainJson(element, `${path}.${index}`, elementOf(previous, index));
      if (plain !== value[index]) {
        copy ??= [...value];
        copy[index] = plain;
      }
    }
    return (copy ?? value) as T;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${path} is a ${prototype.constructor?.name ?? 'class instance'}; only JSON can be stored`);
  }
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const property = (value as Record<string, unknown>)[key];
    if (property === undefined) {
      copy ??= { ...(value as Record<string, unknown>) };
      delete copy[key];
      continue;
    }
    const plain = toPlainJson(property, `${path}.${key}`, elementOf(previous, key));
    if (plain !== property) {
      copy ??= { ...(value as Record<string, unknown>) };
      copy[key] = plain;
    }
  }
  return (copy ?? value) as T;
}

function elementOf(container: unknown, key: string | number): unknown {
  return typeof container === 'object' && container !== null
    ? (container as Record<string | number, unknown>)[key]
    : undefined;
}
