/** `${NAME}` in text: what is named, and what it is filled in with. `$${` stands for `${` itself. */

const pattern = /\$\$\{|\$\{([^}]*)\}/g;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The names in `text`, in order, also those that can be no variable's. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** Whether a variable of the environment can be called this. */
export function isVariableName(name: string): boolean {
  return namePattern.test(name);
}

/** `text` with every variable filled in; one that is not set becomes nothing, so look at `variablesIn` first. */
export function fillIn(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(pattern, (_, name: string | undefined) => (name === undefined ? '${' : (env[name] ?? '')));
}

/** Whether a text is nothing but names of variables, and so tells no value. */
export function onlyNames(text: string): boolean {
  return fillIn(text, {}) === '' && variablesIn(text).every(isVariableName);
}

/** What agents are given as variables, as anybody may see it: values that stand there are covered, names are not. */
export function covered(set: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(set).map(([name, value]) => [name, onlyNames(value) ? value : '***']));
}

/** A value this short hides nothing, and would be found everywhere. */
export const shortestHidden = 4;

/** A text with the values covered that agents are given as variables, wherever one of them stands in it. */
export function coveredIn(text: string, set: Readonly<Record<string, string>>): string {
  const values = Object.values(set).filter(value => value.length >= shortestHidden && !onlyNames(value));
  // The longest first: one that holds another is covered whole.
  return values.sort((a, b) => b.length - a.length).reduce((rest, value) => rest.replaceAll(value, '***'), text);
}
