/** `signalbox doctor`: what is missing before work can begin, and how to mend it. */
import { Command } from 'commander';
import { type Check, type CheckStatus, examine } from '../commands/doctor.ts';
import { colors, exitCodes, harmless, print, printJson } from './output.ts';

interface DoctorFlags {
  config?: string;
  data?: string;
  json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check the machine, the configuration, agents and projects, and say how to mend what is wrong')
    .option('--config <file>', 'configuration file')
    .option('--data <dir>', 'data directory (or SIGNALBOX_DATA)')
    .option('--json', 'print JSON and nothing else')
    .action(async ({ config, data, json }: DoctorFlags) => {
      const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
      const checks = await examine({
        configFile: config,
        dataDir: data ?? (process.env.SIGNALBOX_DATA || undefined),
        cwd: process.cwd(),
        env: process.env,
        ...(!json && { onCheck: check => print(formatCheck(check, width)) }),
      });
      if (json) printJson({ checks });
      else print(summary(checks));
      if (checks.some(({ status }) => status === 'error')) process.exitCode = exitCodes.failed;
    });
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
