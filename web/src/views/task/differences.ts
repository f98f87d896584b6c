/** What differs between two values, by the path of each part. */
export interface Difference {
  path: string;
  /** As JSON; empty where there was nothing. */
  was: string;
  is: string;
}

const longest = 300;

export function differences(was: unknown, is: unknown, path = ''): Difference[] {
  if (was === is) return [];
  if (isObject(was) && isObject(is)) {
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return names.flatMap(name => differences(was[name], is[name], path === '' ? name : `${path}.${name}`));
  }
  const [before, after] = [written(was), written(is)];
  return before === after ? [] : [{ path, was: short(before), is: short(after) }];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const written = (value: unknown) => (value === undefined ? '' : JSON.stringify(value));
const short = (text: string) => (text.length > longest ? `${text.slice(0, longest)} …` : text);
