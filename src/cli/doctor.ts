/** `signalbox doctor`: what is missing before work can begin, and how to fix it. */
import type { OutputOf } from '../client/signalbox.ts';
import { optionOf } from '../domain/command-line.ts';
import { terminalColumns, wrap } from './columns.ts';
import { answers } from './command.ts';
import { colors, exitCodes, harmless, print } from './output.ts';

type Check = OutputOf<'doctor'>['checks'][number];
type CheckStatus = Check['status'];

export const doctor = answers({
  operation: 'doctor',
  hidden: ['configFile', 'dataDir'],
  examples: ['signalbox doctor', 'signalbox doctor --json'],
  input: (_, { config, data }) => ({ configFile: config, dataDir: data ?? (process.env.SIGNALBOX_DATA || undefined) }),
  onProgress(check) {
    print(formatCheck(inOptions(check as unknown as Check), terminalColumns()));
  },
  json: ({ checks }) => ({ checks: checks.map(inOptions) }),
  show: ({ checks }) => print(summary(checks)),
  exitCode: ({ checks }) => (checks.some(({ status }) => status === 'error') ? exitCodes.failed : exitCodes.done),
});

/** A remedy with the option by which it is followed. */
function inOptions({ field, ...check }: Check): Check {
  return field === undefined ? check : { ...check, remedy: `${check.remedy} with ${optionOf(field)}` };
}

const marks: Record<CheckStatus, string> = {
  ok: colors.green('✓'),
  info: colors.dim('-'),
  warning: colors.yellow('!'),
  error: colors.red('✗'),
};

/** A line for the check and one for its remedy, wrapped to the width of the terminal. */
export function formatCheck({ name, status, detail, remedy }: Check, width: number): string {
  const lines = wrap(harmless(`${name}: ${detail}`), width - 4).map((line, index) =>
    index === 0 ? `${marks[status]} ${line}` : `    ${line}`,
  );
  const fix = remedy === undefined ? [] : wrap(harmless(`→ ${remedy}`), width - 4).map(line => `    ${line}`);
  return [...lines, ...fix].join('\n');
}

function summary(checks: readonly Check[]): string {
  const count = (status: CheckStatus) => checks.filter(check => check.status === status).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const told = (amount: number, what: string) => `${amount} ${what}${amount === 1 ? '' : 's'}`;
  if (errors > 0) return `\n${told(errors, 'problem')}, ${told(warnings, 'warning')}.`;
  return warnings > 0 ? `\nReady, with ${told(warnings, 'warning')}.` : '\nReady.';
}
