/** `signalbox gates …`: how a repository is tested. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers } from './command.ts';
import { colors, exitCodes, harmless, note, print } from './output.ts';

type Detected = OutputOf<'gates.detect'>;
type Found = Detected['tests'][number];

const commandOf = ({ run, cwd }: Pick<Found, 'run' | 'cwd'>) => `${run.join(' ')}${cwd === '' ? '' : ` (in ${cwd})`}`;

export const detect = answers({
  operation: 'gates.detect',
  hidden: ['configFile', 'dataDir'],
  extra: command => command.option('--repo <path>', 'the same as the path'),
  examples: [
    'signalbox gates detect                  # what is found here, tried on the target branch',
    'signalbox gates detect ../shop --write  # and written into the configuration',
    'signalbox gates detect --read-only      # nothing is run',
  ],
  input: (given, { config, data, repo }) => ({
    ...given,
    path: given.path ?? repo,
    configFile: config,
    dataDir: data ?? (process.env.SIGNALBOX_DATA || undefined),
  }),
  onProgress(about) {
    const { setUp, ...found } = about as unknown as Found;
    note(colors.dim(harmless(`running ${setUp === null ? '' : `${setUp}, then `}${commandOf(found)} …`)));
  },
  show({ repository, target, commit, tests, ci, project, written }) {
    print(harmless(`${repository}, ${target} (${commit.slice(0, 9)})`));
    if (tests.length === 0) print(`${colors.yellow('!')} nothing was found that says how it is tested`);
    for (const found of tests) print(harmless(describe(found)));
    if (ci.length > 0) print(`\nIts CI also runs what looks like tests:`);
    for (const { file, command } of ci) print(harmless(`  ${command}   ${colors.dim(file)}`));
    print('');
    if (written !== null) print(`${colors.green('✓')} written to ${written} as projects.${project}.gates.tests`);
    else print(adviceFor(tests, project));
  },
  exitCode: ({ tests }) =>
    tests.some(({ baseline }) => baseline?.verdict === 'pass') ? exitCodes.done : exitCodes.failed,
});

function describe(found: Found): string {
  const { from, setUp, toolchain, isChosen, baseline } = found;
  const lines = [`${markOf(found)} ${commandOf(found)}   ${colors.dim(`${toolchain}: ${from.join(', ')}`)}`];
  if (!isChosen)
    return `${lines[0]} ${colors.dim('(not tried; what stands before it in the same directory is likelier)')}`;
  if (setUp !== null) lines.push(`    set-up: ${setUp}`);
  if (baseline !== null) lines.push(...indented(saidOf(baseline)));
  return lines.join('\n');
}

function markOf({ isChosen, baseline }: Found): string {
  if (!isChosen || baseline === null) return colors.dim('-');
  if (baseline.verdict === 'pass') return colors.green('✓');
  return baseline.verdict === 'fail' ? colors.red('✗') : colors.yellow('!');
}

function saidOf({ verdict, isFlaky, isOfMachine, detail, durationMs }: NonNullable<Found['baseline']>): string {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  if (verdict === 'pass') return `passes on the target, ${seconds}`;
  const how = isFlaky
    ? 'is flaky: it fails, and passes when it is run again'
    : verdict === 'fail'
      ? 'fails on the target, before any change'
      : isOfMachine
        ? 'cannot be run on this machine'
        : 'comes to no verdict';
  return `${how}, ${seconds}\n${detail.trimEnd()}`;
}

const mostLines = 12;

/** The first line, and the last of what a program has printed. */
function indented(text: string): string[] {
  const [first = '', ...rest] = text.split('\n');
  const shown = rest.length > mostLines ? ['…', ...rest.slice(-mostLines)] : rest;
  return [first, ...shown].map(line => `    ${line}`);
}

function adviceFor(tests: readonly Found[], project: string | null): string {
  if (tests.length === 0)
    return 'Name the command yourself: a `command` gate with `run`, or gates.tests of the project.';
  if (project === null)
    return 'No project of the configuration is this repository: "signalbox init" makes one, and then --write.';
  return 'With --write it is put into the configuration; from then on nothing is guessed.';
}
