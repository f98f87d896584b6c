/** `signalbox config …`: what is in force, what may be written, and whether a file holds. */
import { stringify } from 'yaml';
import { formatSize } from '../domain/size.ts';
import { answers } from './command.ts';
import { colors, counted, exitCodes, harmless, note, print, printJson } from './output.ts';

export const show = answers({
  operation: 'config.show',
  examples: ['signalbox config show'],
  json: ({ config }) => config,
  show({ file, config, warnings }) {
    print(colors.dim(file === null ? '# no configuration file; these are the defaults' : `# ${file}`));
    print(stringify(inUnits(config), { lineWidth: 0 }).trimEnd());
    for (const warning of warnings) note(`${colors.yellow('!')} ${warning}`);
  },
});

export const schema = answers({
  operation: 'config.schema',
  examples: ['signalbox config schema > signalbox.schema.json'],
  show: printJson,
});

export const check = answers({
  operation: 'config.check',
  examples: ['signalbox config check signalbox.config.yaml'],
  input: ({ file }, { config }) => ({ file: file ?? config }),
  show({ file, problems, warnings, projects, agent }) {
    for (const problem of problems) print(`${colors.red('✗')} ${harmless(problem)}`);
    for (const warning of warnings) print(`${colors.yellow('!')} ${warning}`);
    if (problems.length > 0) return note(`${file ?? 'The defaults'}: ${counted(problems.length, 'problem')}.`);
    const has = projects.length === 0 ? 'no project yet' : `projects ${projects.join(', ')}`;
    print(
      file === null
        ? `${colors.green('✓')} There is no configuration file; the defaults hold. "signalbox init" writes one.`
        : `${colors.green('✓')} ${file} holds: ${has}; ${agent} plays every role that is not given away.`,
    );
  },
  exitCode: ({ ok }) => (ok ? exitCodes.done : exitCodes.usage),
});

/** `ageingMs: 900000` as `ageing: 15m`: what people write, not what the program counts in. */
function inUnits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inUnits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const [, stem = '', unit] = /^(.+?)(Ms|Bytes|Mb)$/.exec(name) ?? [];
      if (typeof field !== 'number' || unit === undefined)
        return [unit !== undefined && field === null ? stem : name, inUnits(field)];
      if (unit === 'Ms') return [stem, durationText(field)];
      return [stem, formatSize(unit === 'Mb' ? field * 1024 ** 2 : field)];
    }),
  );
}

/** A duration as it may be written: `15m`, `1h30m`. */
function durationText(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0ms' : text;
}
