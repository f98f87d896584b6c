/** `signalbox simulate`: a pipeline in simulated worlds, before anybody pays for an agent. */
import type { Happening, Simulated, Values, Walked, Worst } from '../client/simulate.ts';
import { quoted } from '../domain/command-line.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import type { CommonOptions, OwnCommand } from './command.ts';
import { untilInterrupted } from './interruption.ts';
import { colors, exitCodes, harmless, note, plural, print, printJson, table } from './output.ts';

interface SimulateOptions extends CommonOptions {
  runs: string;
  seed?: string;
  tasks?: string;
  world?: string;
  story?: boolean;
  ci?: boolean;
}

export const simulate: OwnCommand = {
  description: 'play a pipeline in simulated worlds: how often it ends well, how long it takes and what it costs',
  isApart: true,
  extra: command =>
    command
      .argument('[pipeline]', 'default, or a .yaml, .json or .ts file', 'default')
      .option('--runs <n>', 'walks to play, each of several tasks', '100')
      .option('--seed <n>', 'of the first walk; the same seed goes the same way (a new one each time)')
      .option('--tasks <n>', 'tasks of one walk, which compete for places and for the target (3)')
      .option('--world <file>', 'how agents, gates, people, the forge and the machine behave: .yaml, .json or .ts')
      .option('--story', 'tell what happens; always with --runs 1')
      .option('--ci', 'exit 1 when a promise is broken, or the check refutes the pipeline')
      .option('--json', 'print JSON and nothing else')
      .addHelpText(
        'after',
        '\nAgents work, fail, ask, hang and run into limits, people have office hours, deliveries are lost and doubled, and the\n' +
          'orchestrator is killed between any two writes, all in virtual time. What a world can be told: docs/simulation.md.',
      ),
  examples: [
    'signalbox simulate',
    'signalbox simulate my-pipeline.yaml --runs 1000 --world our-team.yaml',
    'signalbox simulate my-pipeline.yaml --seed 57 --runs 1     # one walk again, as a story',
    'signalbox simulate my-pipeline.yaml --ci --seed 1          # the same walks in every build',
  ],
  run: (options, [pipeline]) => play(options as unknown as SimulateOptions, String(pipeline)),
};

async function play(options: SimulateOptions, name: string): Promise<number> {
  const runs = whole('--runs', options.runs, 1, 1_000_000);
  const seed = options.seed === undefined ? freshSeed() : whole('--seed', options.seed, 0, Number.MAX_SAFE_INTEGER);
  const tasks = options.tasks === undefined ? undefined : whole('--tasks', options.tasks, 1, 50);
  const { readSimulation, simulate: go } = await import('../client/simulate.ts');
  const { pipeline, world } = await readSimulation({ pipeline: name, world: options.world, tasks, cwd: process.cwd() });
  const isTold = !options.json && (options.story === true || runs === 1);
  const isLive = Boolean(process.stderr.isTTY) && !options.json && !isTold;
  const simulated = await untilInterrupted(signal =>
    go(pipeline, world, {
      ...{ runs, seed, signal },
      onWalk(walked, count) {
        if (isTold) tell(walked);
        if (isLive) process.stderr.write(`\r${count} of ${runs} walks`);
      },
    }),
  );
  if (isLive) process.stderr.write('\r\x1b[2K');
  if (simulated === undefined) return exitCodes.interrupted;
  const again = repeatOf(options, name);
  if (options.json) printJson(simulated);
  else {
    if (simulated.runs < runs) note(`Interrupted after ${simulated.runs} of ${runs} walks.`);
    show(simulated, again);
  }
  if (simulated.runs < runs) return exitCodes.interrupted;
  return options.ci === true && (simulated.broken.length > 0 || simulated.refuted !== null)
    ? exitCodes.failed
    : exitCodes.done;
}

/** A number that people can type again. */
const freshSeed = () => Math.floor(Math.random() * 1_000_000);

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most && text.trim() !== '') return value;
  const why = `${option} ${quote(text)} is no whole number from ${least} to ${most.toLocaleString('en-US')}.`;
  throw new SignalboxError('invalid', 'badUsage', why);
}

/** The command by which a walk is seen again. */
const repeatOf =
  ({ world, tasks }: SimulateOptions, name: string) =>
  (seed: number) =>
    [
      `signalbox simulate ${quoted(name)} --seed ${seed} --runs 1`,
      ...(tasks === undefined ? [] : [`--tasks ${tasks}`]),
      ...(world === undefined ? [] : [`--world ${quoted(world)}`]),
    ].join(' ');

function tell({ seed, story }: Walked): void {
  print(colors.bold(`The walk of seed ${seed}, in January 2026, UTC`));
  for (const happening of story) print(lineOf(happening));
  print('');
}

const day = new Intl.DateTimeFormat('en-GB', {
  ...{ weekday: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'UTC' },
});

/** Times are those of the simulated world, in UTC. */
function lineOf({ at, taskId, text }: Happening): string {
  const line = `${day.format(at).replace(',', '')}  ${(taskId ?? '').padEnd(5)} ${harmless(text)}`;
  if (text.startsWith('BROKEN')) return colors.red(line);
  return taskId === null ? colors.dim(line) : line;
}

function show(simulated: Simulated, again: (seed: number) => string): void {
  const { pipeline, runs, seed, tasks, ends, broken, refuted } = simulated;
  const last = seed + runs - 1;
  print(
    `${colors.bold(pipeline)}: ${counted(tasks, 'task')} in ${counted(runs, 'walk')}, seed${runs === 1 ? '' : 's'} ${seed}${runs === 1 ? '' : `–${last}`}`,
  );
  if (refuted !== null) print(`${colors.red('✗')} The check refutes this pipeline: ${refuted}`);
  for (const [end, count] of Object.entries(ends)) {
    if (count > 0)
      print(`  ${words[end as Worst['end']].padEnd(10)} ${String(count).padStart(6)}  ${percent(count / tasks)}`);
  }
  print('');
  print(table(['of a task', 'median', '9 of 10', 'most'], rowsOf(simulated)));
  print('');
  showStages(simulated);
  showWorst(simulated, again);
  showSurvived(simulated);
  for (const { seed: of, text } of broken.slice(0, mostBroken)) {
    print(`${colors.red('✗')} ${harmless(text)}`);
    print(colors.dim(`    ${again(of)}`));
  }
  if (broken.length > mostBroken) print(colors.dim(`  … and ${broken.length - mostBroken} more`));
  if (broken.length === 0) print(`${colors.green('✓')} Every promise was kept.`);
}

const mostBroken = 10;
const words: Record<Worst['end'], string> = {
  ...{ done: 'done', cancelled: 'given up', failed: 'failed', unfinished: 'not ended' },
};

function rowsOf({ took, worked, people, rest, cost, processes, decisions }: Simulated): string[][] {
  const row = (what: string, values: Values, format: (value: number) => string) => [
    what,
    ...[values.median, values.p90, values.most].map(value => (value === null ? '–' : format(value))),
  ];
  return [
    row('until done', took, span),
    row('  agents work', worked, span),
    row('  for people', people, span),
    row('  other waits', rest, span),
    row('cost', cost, usd),
    row('processes', processes, number),
    row('decisions', decisions, number),
  ];
}

function showStages({ stages, gates, mostRuns, promisedRuns }: Simulated): void {
  const rows = stages.map(({ stage, processes, workedMs, costUsd }) => [
    ...[stage, processes.toFixed(1), span(workedMs), usd(costUsd)],
  ]);
  print(table(['stage', 'processes', 'work', 'cost'], rows));
  for (const { gate, judged, refused, unsure } of gates) {
    if (refused === null || unsure === null || refused + unsure === 0) continue;
    print(colors.dim(`  ${gate} refuses ${percent(refused)} and cannot judge ${percent(unsure)} of ${judged}`));
  }
  const promised = promisedRuns === null ? 'without a bound' : `at most ${promisedRuns} by the check`;
  print(`Without a person in between: ${counted(mostRuns, 'agent run')} at the most here; ${promised}.`);
  print('');
}

function showWorst({ dearest, longest }: Simulated, again: (seed: number) => string): void {
  const line = (what: string, { id, seed, costUsd, tookMs, processes, end }: Worst) => {
    print(
      `${what} ${id} of seed ${seed}: ${usd(costUsd)}, ${span(tookMs)}, ${counted(processes, 'process')}, ${words[end]}`,
    );
    print(colors.dim(`    ${again(seed)}`));
  };
  if (dearest !== null) line('Dearest:', dearest);
  if (longest !== null && (longest.seed !== dearest?.seed || longest.id !== dearest.id)) line('Longest:', longest);
}

function showSurvived({ writes, crashes, deliveries: { sent, lost, doubled, late } }: Simulated): void {
  const webhooks = sent === 0 ? '' : `; ${lost} of ${sent} deliveries lost, ${doubled} doubled, ${late} late`;
  print(`Survived: ${counted(crashes, 'kill')} at ${writes.toLocaleString('en-US')} writes${webhooks}`);
}

const counted = (count: number, what: string) => `${count.toLocaleString('en-US')} ${plural(count, what)}`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const number = (value: number) => String(Number(value.toFixed(1)));
const usd = (amount: number) => `$${amount.toFixed(2)}`;

function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
