/** What is typed at a command line for an operation: its name becomes a command, its fields become options. */

/** What is typed for an operation that is not simply called after itself. */
const commands: Record<string, string> = {
  'task.changes': 'task diff',
  'figures.show': 'figures',
  'queue.show': 'queue',
  'data.verify': 'verify',
  'data.backup': 'backup',
  'data.restore': 'restore',
  'data.prune': 'prune',
  'events.follow': 'events',
};

/** The option that gives a field that is not simply called after it. */
const options: Record<string, string> = {
  repository: '--repo',
  configFile: '--config',
  dataDir: '--data',
  weakerSandbox: '--allow-weaker-sandbox',
};

/** Fields that are given by their place. */
const placed = [
  'taskId',
  'agentId',
  'machineId',
  'id',
  'name',
  'stage',
  'type',
  'event',
  'file',
  'path',
  'resource',
  'field',
];

const kebab = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

/** `agent.killAll` as it is typed: `agent kill-all`. */
export const wordsOf = (operation: string) => commands[operation] ?? kebab(operation).replaceAll('.', ' ');

/** `bodyFile` as it is typed: `--body-file`. */
export const optionOf = (field: string) => options[field] ?? `--${kebab(field)}`;

/** What to type for an operation with these fields; a field without a value is shown by its name. */
export function commandFor(operation: string, fields: Record<string, unknown>, hint = ''): string {
  const parts = Object.entries(fields).map(([field, value]) => {
    if (value === true) return optionOf(field);
    const shown = value === undefined ? field.toUpperCase() : quoted(String(value));
    return placed.includes(field) ? shown : `${optionOf(field)} ${shown}`;
  });
  return `${['signalbox', wordsOf(operation), ...parts].join(' ')}${hint}`;
}

/** As a shell takes it for one word. */
export const quoted = (text: string) => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
