/** `signalbox doctor`: what is missing before work can begin, and how to mend it. */
import type { OutputOf } from '../client/signalbox.ts';
import { optionOf } from '../domain/command-line.ts';
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
    const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    print(formatCheck(inOptions(check as unknown as Check), width));
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
  const mend = remedy === undefined ? [] : wrap(harmless(`→ ${remedy}`), width - 4).map(line => `    ${line}`);
  return [...lines, ...mend].join('\n');
}

/** Words on as few lines as fit; a word that is longer than a line is broken, so that nothing is lost. */
function wrap(text: string, width: number): string[] {
  const most = Math.max(10, width);
  return text.split('\n').flatMap(paragraph => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1)!;
      if (last === '') lines[lines.length - 1] = word;
      else if (last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
      while (lines.at(-1)!.length > most) {
        const long = lines.at(-1)!;
        lines.splice(-1, 1, long.slice(0, most), long.slice(most));
      }
    }
    return lines;
  });
}

function summary(checks: readonly Check[]): string {
  const count = (status: CheckStatus) => checks.filter(check => check.status === status).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const told = (amount: number, what: string) => `${amount} ${what}${amount === 1 ? '' : 's'}`;
  if (errors > 0) return `\n${told(errors, 'problem')}, ${told(warnings, 'warning')}.`;
  return warnings > 0 ? `\nReady, with ${told(warnings, 'warning')}.` : '\nReady.';
}
