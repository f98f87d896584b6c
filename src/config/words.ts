/** The words of which the schema of the configuration is made: each reads what people write, and says what else to write. */
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { nearest } from '../domain/nearest.ts';
import { parseCount, parseSize } from '../domain/size.ts';
import { isVariableName } from '../domain/variables.ts';

/** An object that knows all its keys and says for each other one what may have been meant. */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys' ? issue.keys.map(key => explainKey(key, known)).join('\n') : undefined,
  });
}

function explainKey(key: string, known: readonly string[]): string {
  const others = known.length > 1 ? ` (there are ${known.join(', ')})` : '';
  return `there is no field ${JSON.stringify(key)} here; did you mean "${nearest(key, known)[0]}"?${others}`;
}

/** Text or a number, read by `parse`, which answers undefined for what it cannot read. */
export function amount(parse: (value: string | number) => number | undefined, message: string) {
  return z.union([z.number(), z.string()], { error: message }).transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

export const positive = (parse: (value: string | number) => number | undefined) => (value: string | number) => {
  const parsed = parse(value);
  return parsed !== undefined && parsed > 0 ? parsed : undefined;
};

/** A digit string counts as a number: that is what a variable of the environment gives. */
export const numeric = (value: string | number) =>
  typeof value === 'number' ? value : /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;

export const whole = (least: number, most: number) => (value: string | number) => {
  const number = numeric(value);
  return number !== undefined && Number.isInteger(number) && number >= least && number <= most ? number : undefined;
};

// Functions, because `describe` and `default` belong to the place, not to the kind of value.
export const duration = () =>
  amount(positive(parseDuration), 'write a duration such as 30s, 5m or 1h30m, longer than zero');
export const durationOrOff = () =>
  z
    .union([z.number(), z.string(), z.literal(false)], { error: 'write a duration such as 15m, or off' })
    .transform((value, context) => {
      if (value === false || value === 'off') return null;
      const parsed = positive(parseDuration)(value);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: 'write a duration such as 15m or 1h30m, or off for no limit' });
      return z.NEVER;
    });
/** Shorter ones are slips: a bare number is milliseconds, and what ended a moment ago is still being looked at. */
const shortestRetentionMs = 3_600_000;
export const retention = () =>
  z
    .union([z.number(), z.string(), z.null()], { error: 'write a duration such as 90d, or null to keep everything' })
    .transform((value, context) => {
      if (value === null) return null;
      const parsed = parseDuration(value);
      if (parsed !== undefined && parsed >= shortestRetentionMs) return parsed;
      context.addIssue({
        code: 'custom',
        message: 'write a duration of 1h or more, such as 90d, or null to keep everything',
      });
      return z.NEVER;
    });
export const size = () => amount(positive(parseSize), 'write a size such as 512MB or 4GB, larger than zero');
export const count = () => amount(whole(1, 10_000), 'write a whole number from 1');
export const money = () =>
  amount(positive(numeric), 'write an amount in US dollars as a number above zero, such as 20 or 4.5');
export const price = () =>
  amount(value => {
    const parsed = numeric(value);
    return parsed !== undefined && parsed >= 0 ? parsed : undefined;
  }, 'write US dollars per million tokens as a number, such as 3 or 0.3');
export const tokens = () => amount(positive(parseCount), 'write a whole number of tokens such as 5000000, 200k or 5M');
export const priority = () => amount(whole(1, 10), 'write a whole number from 1, the most urgent, to 10, the least');

/** Yes or no, also as the text that a variable of the environment gives. */
export const flag = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])], { error: 'write true or false' })
    .transform(value => value === true || value === 'true');

export const text = () =>
  z
    .string({ error: 'write text, in quotes if it looks like a number' })
    .trim()
    .min(1, 'write something, or leave the field out');

export const path = (what: string) =>
  z
    .string({ error: `write the path of ${what}` })
    .min(1, `write the path of ${what}, or leave the field out`)
    .refine(value => !value.includes('\0'), 'a path holds no NUL character');

export const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, {
    error: ({ input }) => {
      const likely = typeof input === 'string' ? nearest(input, names)[0] : undefined;
      return `write one of ${names.join(', ')}${likely === undefined ? '' : `; did you mean ${likely}?`}`;
    },
  });

export const agentName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const nameRule = 'use 1 to 64 letters, digits, ".", "-" or "_", beginning with a letter or digit';
export const projectName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const projectRule = 'use 1 to 64 letters, digits, "-" or "_", beginning with a letter or digit';
export const word = /^[a-z][a-zA-Z0-9]{0,31}$/;
export const wordRule = 'use a word of letters and digits that begins with a small letter';

/** What every object has by itself is nobody's name. */
const isNoBuiltIn = (name: string) => !(name in Object.prototype);

/** A record whose keys follow a rule; a wrong key says which rule. */
export function record<Value extends z.core.SomeType>(pattern: RegExp, rule: string, value: Value) {
  return z.record(z.string().regex(pattern).refine(isNoBuiltIn), value, {
    error: issue => (issue.code === 'invalid_key' ? `this name cannot be used: ${rule}` : undefined),
  });
}

export const agentReference = () => text().describe('The name of an agent in `agents`, or of a built-in one.');
export const variableName = () =>
  z
    .string({ error: 'write the name of an environment variable' })
    .refine(isVariableName, 'write the name of an environment variable (letters, digits, "_"), not its value')
    .meta({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' });

export const words = (what: string) =>
  z.array(z.string({ error: `write ${what} as text, in quotes if it looks like a number` }), {
    error: `write a list of ${what}s, such as [npm, ci]`,
  });
