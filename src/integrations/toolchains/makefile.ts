/**
 * Which targets a Makefile has rules for, by the grammar of GNU make (Reading Makefiles, Rule Syntax, Multi-Line Variables):
 * without running it, as `make -qp` would run every `$(shell …)` in it. Of conditionals both branches count.
 */

/** Makefiles that include each other are read so deep. */
const deepest = 8;

/** Names of targets with a rule. `include` reads a file by its path as it is written; undefined where there is none. */
export function rulesIn(text: string, include: (file: string) => string | undefined, depth = 0): Set<string> {
  const targets = new Set<string>();
  let isDefining = false;
  for (const line of logicalLines(text)) {
    if (/^\s*define\b/.test(line)) isDefining = true;
    if (isDefining) {
      if (/^\s*endef\b/.test(line)) isDefining = false;
      continue;
    }
    // The recipe of the rule above.
    if (line.startsWith('\t')) continue;
    const files = /^\s*-?s?include\s+(.+)$/.exec(line)?.[1];
    if (files !== undefined && depth < deepest) {
      const texts = files.split(/\s+/).map(file => include(file.replace(/^\.\//, '')) ?? '');
      for (const name of texts.flatMap(other => [...rulesIn(other, include, depth + 1)])) targets.add(name);
      continue;
    }
    for (const name of targetsOf(line)) targets.add(name);
  }
  return targets;
}

/** Lines without comments, with those joined that end in a backslash. */
function logicalLines(text: string): string[] {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/\\\n[ \t]*/g, ' ')
    .split('\n')
    .map(line => (line.startsWith('\t') ? line : line.replace(/(?<!\\)#.*$/, '')));
}

/** What stands in front of the colon of a rule; nothing for an assignment, of a variable or of one for a target alone. */
function targetsOf(line: string): string[] {
  const [, names, rest] = /^ *((?:[^:=#$\s]|\$\([^)]*\)|\$\{[^}]*\}|[ \t])+?)[ \t]*&?::?(?![:=])(.*)$/.exec(line) ?? [];
  if (names === undefined || rest === undefined) return [];
  const inRule = rest.split(';', 1)[0]!;
  // `test: NAME = value` says what a variable is while `test` is made, and makes nothing.
  if (/^\s*(?:(?:export|override|private)\s+)*[^\s:=]+\s*(?:::?:?|[+?!])?=/.test(inRule)) return [];
  return names.split(/[ \t]+/).filter(name => name !== '' && !name.startsWith('.') && !name.includes('$'));
}
