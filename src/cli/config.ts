/** `signalbox config …`: what is in force, what may be written, and whether a file holds. */
import { Command } from 'commander';
import { stringify } from 'yaml';
import { namesSecret } from '../config/effective.ts';
import { configJsonSchema } from '../config/json-schema.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { formatSize } from '../domain/size.ts';
import { colors, note, print, printJson } from './output.ts';

export function configCommand(): Command {
  const config = new Command('config').description('the configuration: what is in force, what may be written');
  config
    .command('show')
    .description('the configuration in force, defaults included; never a value of the environment')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON and nothing else')
    .action(show);
  config
    .command('schema')
    .description('the JSON Schema of the configuration, for editors')
    .option('--json', 'the same')
    .action(() => printJson(configJsonSchema()));
  config
    .command('check')
    .argument('[file]', 'configuration file; without it the one in the working directory')
    .description('say everything that is wrong with a configuration')
    .option('--config <file>', 'the same as the argument')
    .option('--json', 'print JSON and nothing else')
    .action(check);
  return config.addHelpText(
    'after',
    `
Examples:
  $ signalbox config check signalbox.config.yaml
  $ signalbox config schema > signalbox.schema.json`,
  );
}

const load = (file: string | undefined) => loadConfig({ file, cwd: process.cwd(), env: process.env });

async function show({ config: file, json }: { config?: string; json?: boolean }): Promise<void> {
  const loaded = await load(file);
  const shown = withoutValues(loaded, process.env);
  if (json) return printJson(shown);
  print(colors.dim(loaded.file === null ? '# no configuration file; these are the defaults' : `# ${loaded.file}`));
  print(stringify(inUnits(shown), { lineWidth: 0 }).trimEnd());
  for (const warning of loaded.warnings) note(`${colors.yellow('!')} ${warning}`);
}

async function check(
  argument: string | undefined,
  { config: option, json }: { config?: string; json?: boolean },
): Promise<void> {
  const { config, file, warnings } = await load(argument ?? option);
  if (json) return printJson({ ok: true, file, warnings });
  for (const warning of warnings) print(`${colors.yellow('!')} ${warning}`);
  const projects = Object.keys(config.projects);
  const has = projects.length === 0 ? 'no project yet' : `projects ${projects.join(', ')}`;
  print(
    file === null
      ? `${colors.green('✓')} There is no configuration file; the defaults hold. "signalbox init" writes one.`
      : `${colors.green('✓')} ${file} holds: ${has}; ${config.agent} plays every role that is not given away.`,
  );
}

/** A value this short hides nothing, and would be found everywhere. */
const shortestHidden = 4;

/**
 * The configuration with every value that came from the environment put back to the variable's name, and with what looks
 * like a secret in the file covered.
 */
export function withoutValues(
  { config, variables }: Pick<LoadedConfig, 'config' | 'variables'>,
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  const hidden = variables
    .map(name => ({ name, value: env[name] ?? '' }))
    .filter(({ value }) => value.length >= shortestHidden)
    .sort((a, b) => b.value.length - a.value.length);
  const hide = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') {
      if (namesSecret(key) && value !== '' && !value.includes('${')) return '***';
      return hidden.reduce((text, { name, value: secret }) => text.replaceAll(secret, () => `\${${name}}`), value);
    }
    if (Array.isArray(value)) return value.map(element => hide(element, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, hide(field, name)]));
  };
  return hide(config, '');
}

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
