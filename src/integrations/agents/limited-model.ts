/** Whose allowance is used up: that of one model, or that of the whole account. */

/** Where the words of a limit name a model: "your Opus limit", "usage limit for GPT-5.3-Codex-Spark", and in an answer of an API. */
const places = [
  /\byour ([a-z][\w.-]*(?: \d[\d.]*)?) (?:(?:5-hour|weekly|daily|monthly|usage|session) ){0,2}limit\b/i,
  /\b(?:limit|quota) (?:reached )?for ([a-z][\w.-]*(?: \d[\d.]*)?)/i,
  /^(?:Claude )?([a-z][\w.-]*(?: \d[\d.]*)?) (?:(?:5-hour|weekly|daily|usage) )?limit reached\b/i,
  /"?\bmodel"?:\s*"?([a-z][\w.-]*)/i,
];
const families = /^(?:claude|opus|sonnet|haiku|gpt|o\d|codex|gemini|gemma|grok|kimi|glm|qwen|deepseek|mistral)\b/;

/** The model that the CLI's own message of a limit names, in lower case; null where it means the account. `own`: the run's model. */
export function limitedModelIn(said: string, own: string | null): string | null {
  const words = said.slice(0, 2_000);
  if (/\b(?:on|of|for) this model\b/i.test(words)) return own?.toLowerCase() ?? 'its usual model';
  const names = places.map(place => nameOf(place.exec(words)?.[1] ?? '')).filter(name => isModel(name, own));
  return names[0] ?? null;
}

/** The same of the names of windows, all used up (`seven_day_opus`): one that is shared counts for all. Undefined where there are none. */
export function modelOfWindows(windows: readonly string[], own: string | null): string | null | undefined {
  if (windows.length === 0) return undefined;
  const names = windows.map(window => nameOf(window.split('_').at(-1) ?? ''));
  return names.every(name => isModel(name, own)) ? names[0] : null;
}

const nameOf = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[.-]+$/, '')
    .replaceAll(' ', '-');

const isModel = (name: string, own: string | null): boolean =>
  families.test(name) || (name.length >= 4 && (own?.toLowerCase().split(/[-/]/).includes(name) ?? false));
