/** `signalbox gates …`: how a repository is tested. */
import type { OutputOf } from '../client/signalbox.ts';
import { SignalboxError } from '../domain/errors.ts';
import { shownTest } from '../domain/test-command.ts';
import { answers } from './command.ts';
import { colors, exitCodes, harmless, note, print } from './output.ts';

type Detected = OutputOf<'gates.detect'>;
type Found = Detected['tests'][number];

export const detect = answers({
  operation: 'gates.detect',
  hidden: ['configFile', 'dataDir'],
  extra: command => command.option('--repo <path>', 'the same as the path'),
  examples: [
    'signalbox gates detect                  # what is found here, tried on the target branch',
    'signalbox gates detect ../shop --write  # and what passes is written into the configuration',
    'signalbox gates detect --read-only      # nothing is run',
  ],
  isInterruptible: true,
  input(given, { config, data, repo }) {
    if (repo !== undefined && given.path !== undefined && repo !== given.path) {
      throw new SignalboxError(
        'invalid',
        'badInput',
        `Both ${given.path} and --repo ${repo} were given; one is looked at.`,
      );
    }
    const dataDir = data ?? (process.env.SIGNALBOX_DATA || undefined);
    return { ...given, path: given.path ?? repo, configFile: config, dataDir };
  },
  onProgress(about) {
    const { setUp, ...found } = about as unknown as Found;
    note(colors.dim(harmless(`running ${setUp === null ? '' : `${setUp}, then `}${shownTest(found)} …`)));
  },
  show(answer) {
    const { repository, target, commit, tests, ci } = answer;
    print(harmless(`${repository}, ${target} (${commit.slice(0, 9)})`));
    if (tests.length === 0) print(`${colors.yellow('!')} nothing was found in ${target} that says how it is tested`);
    for (const found of tests) print(describe(found));
    if (ci.length > 0) print(`\nIts CI runs what looks like tests:`);
    for (const { file, command } of ci) print(`  ${harmless(command)}   ${colors.dim(harmless(file))}`);
    print('');
    for (const line of adviceFor(answer)) print(line);
  },
  exitCode({ tests }) {
    const chosen = tests.filter(({ isChosen }) => isChosen);
    const isSound = chosen.every(({ baseline }) => baseline === null || baseline.verdict === 'pass');
    return chosen.length > 0 && isSound ? exitCodes.done : exitCodes.failed;
  },
});

function describe(found: Found): string {
  const { from, setUp, toolchain, isChosen, baseline } = found;
  const source = colors.dim(harmless(`${toolchain}: ${from.join(', ')}`));
  const first = `${markOf(found)} ${harmless(shownTest(found))}   ${source}`;
  if (!isChosen)
    return `${first} ${colors.dim('(not tried; what stands before it in the same directory is likelier)')}`;
  const lines = [
    ...(setUp === null ? [] : [`    set-up: ${setUp}`]),
    ...(baseline === null ? [] : indented(saidOf(baseline))),
  ];
  return [first, ...lines.map(harmless)].join('\n');
}

function markOf({ isChosen, baseline }: Found): string {
  if (!isChosen || baseline === null) return colors.dim('-');
  if (baseline.verdict === 'pass') return colors.green('✓');
  return baseline.verdict === 'fail' ? colors.red('✗') : colors.yellow('!');
}

function saidOf({ verdict, isFlaky, isOfMachine, detail, durationMs }: NonNullable<Found['baseline']>): string {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const [first = ''] = detail.split('\n', 1);
  if (verdict === 'pass') return `passes on the target, ${seconds}${setUpProblem(detail)}`;
  const how = isFlaky
    ? 'is flaky: it fails, and passes when it is run again'
    : verdict === 'fail'
      ? 'fails on the target, before any change'
      : / took longer than /.test(first)
        ? 'is not done in time; --time-limit gives it more minutes'
        : isOfMachine
          ? 'cannot be run on this machine'
          : 'comes to no verdict';
  return `${how}, ${seconds}\n${detail.trimEnd()}`;
}

/** What passes without what could not be set up passes; it is told all the same. */
const setUpProblem = (detail: string) => {
  const problem = /, though (.*)$/s.exec(detail)?.[1];
  return problem === undefined ? '' : `\n${problem.trimEnd()}`;
};

const firstLines = 4;
const lastLines = 8;

/** The first lines, and the last of what a program has printed. */
function indented(text: string): string[] {
  const [first = '', ...rest] = text.split('\n');
  const isLong = rest.length > firstLines + lastLines;
  const shown = isLong ? [...rest.slice(0, firstLines), '…', ...rest.slice(-lastLines)] : rest;
  return [first, ...shown].map(line => `    ${line}`);
}

const example = 'projects: { shop: { repository: ../shop, gates: { tests: [{ run: [make, check], cwd: server }] } } }';

function adviceFor({
  tests,
  project,
  hasConfiguration,
  repository,
  uncommitted,
  replaced,
  written,
}: Detected): string[] {
  const chosen = tests.filter(({ isChosen }) => isChosen);
  if (written !== null) {
    const left = chosen.filter(({ isWritten }) => !isWritten);
    const instead = replaced.length === 0 ? '' : `, in place of ${replaced.join('; ')}`;
    return [
      `${colors.green('✓')} ${harmless(`in ${written} as projects.${project}.gates.tests${instead}`)}`,
      ...left.map(
        found => `${colors.yellow('!')} ${harmless(`not written, as it does not pass: ${shownTest(found)}`)}`,
      ),
    ];
  }
  if (chosen.length === 0) {
    const more = uncommitted === 0 ? [] : [`Of ${uncommitted} files that are not committed nothing is known.`];
    return [...more, `Say it yourself in the configuration, for instance ${example}`];
  }
  if (!chosen.some(({ baseline }) => baseline === null || baseline.verdict === 'pass'))
    return ['Nothing passes, so nothing is there to write into the configuration.'];
  if (project === null && !hasConfiguration)
    return ['There is no configuration here: "signalbox init" in the repository makes one, for --write.'];
  if (project === null)
    return [
      harmless(
        `No project of the configuration is this repository: add one with repository: ${repository}, for --write.`,
      ),
    ];
  return ['--write puts what passes into the configuration; from then on nothing is guessed.'];
}
