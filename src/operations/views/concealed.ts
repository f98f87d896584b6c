/** What is stored, as anybody may see it who may look. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { covered } from '../../domain/variables.ts';

/** The same with the values covered that agents are given as variables: a configuration may hold a secret. */
export function concealed<T extends Json>(value: T): T {
  return conceal(value) as T;
}

function conceal(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(conceal);
  const fields = Object.entries(value).map(([name, field]): [string, Json] => [name, conceal(field!)]);
  return Object.fromEntries(isAgent(value) ? [...fields, ['set', covered(value.set)]] : fields);
}

/** An agent's spec, wherever it lies. */
function isAgent(value: JsonObject): value is JsonObject & { set: Record<string, string> } {
  const { program, set } = value;
  return Array.isArray(program) && typeof set === 'object' && set !== null && !Array.isArray(set);
}
