/** `signalbox figures`: how work goes, in tables. */
import type { OutputOf } from '../client/signalbox.ts';
import { formatAmount } from '../domain/budget.ts';
import { formatDuration } from '../domain/duration.ts';
import { totalTokens } from '../domain/usage.ts';
import { answers } from './command.ts';
import { colors, note, print, table } from './output.ts';

type Figures = OutputOf<'figures.show'>;
type Summary = Figures['overall'];

export const show = answers({
  operation: 'figures.show',
  named: { from: '--from <day>', to: '--to <day>', by: '--by <day|week>' },
  hidden: ['format'],
  extra: command => command.option('--csv', 'print one table as CSV, for a spreadsheet or a notebook'),
  input: (given, { csv }) => ({ ...given, ...(csv === true && { format: 'csv' }) }),
  examples: [
    'signalbox figures                                   # the last 30 days',
    'signalbox figures --from 2026-07-01 --to 2026-07-31 --project shop --by week',
    'signalbox figures --from 90d --csv > figures.csv',
  ],
  show(figures) {
    if (figures.csv !== null) return void process.stdout.write(figures.csv);
    showAll(figures);
  },
});

function showAll({ from, to, isCut, overall, periods, projects, stages, rework, gates, usage }: Figures): void {
  print(colors.dim(`${from.slice(0, 16).replace('T', ' ')} to ${to.slice(0, 16).replace('T', ' ')} UTC`));
  if (isCut) note('There are more tasks than were counted: the newest of them are.');
  const sets: [string, Summary][] = [
    ...periods.map(({ period, ...rest }): [string, Summary] => [period, rest]),
    ...(projects.length > 1 ? projects.map(({ project, ...rest }): [string, Summary] => [project, rest]) : []),
    ['all', overall],
  ];
  section(
    ['', 'DONE', 'FAILED', 'CANCELLED', 'LIVING', 'LEAD TIME', 'P90', 'SENT BACK', 'PASSED', 'COST'],
    sets.map(summaryRow),
  );
  section(
    ['STAGE', 'TASKS', 'MEDIAN', 'P90', 'WITH'],
    stages.map(({ stage, total, time, phases }) => [
      stage,
      String(total),
      shown(time.medianMs),
      shown(time.p90Ms),
      partsOf(phases),
    ]),
  );
  section(
    ['SENT BACK FROM', 'TO', 'BECAUSE OF', 'TIMES', 'TASKS'],
    rework.map(({ from: sender, to: stage, cause, gate, count, total }) => [
      sender,
      stage,
      gate ?? cause,
      String(count),
      String(total),
    ]),
  );
  section(
    ['GATE', 'STAGE', 'PASS', 'FAIL', 'INCONCLUSIVE', 'PASSED', 'AT ONCE', 'FLAKY'],
    gates.map(one => [
      ...[one.gate, one.stage, String(one.pass), String(one.fail), String(one.inconclusive)],
      ...[percent(one.passRate), percent(one.firstPassRate), percent(one.flakiness)],
    ]),
  );
  section(
    ['STAGE', 'AGENT', 'MODEL', 'RUNS', 'TOKENS', 'COST', 'OF THAT AGAIN'],
    usage.map(one => [
      ...[one.stage, one.agent, one.model ?? '', String(one.runs)],
      ...[totalTokens(one).toLocaleString('en-US'), dollars(one.costUsd), dollars(one.again.costUsd)],
    ]),
  );
}

function section(header: string[], rows: string[][]): void {
  if (rows.length > 0) print(`\n${table(header, rows)}`);
}

const summaryRow = ([name, { done, failed, cancelled, living, leadTime, rework, verdicts, spent }]: [
  string,
  Summary,
]) => [
  ...[name, ...[done, failed, cancelled, living].map(({ total }) => String(total))],
  ...[shown(leadTime.medianMs), shown(leadTime.p90Ms), String(rework.count)],
  ...[percent(verdicts.passRate), dollars(spent.costUsd)],
];

/** What the time went by with, the most first. */
function partsOf(phases: Record<string, number>): string {
  const all = Object.values(phases).reduce((sum, ms) => sum + ms, 0);
  return Object.entries(phases)
    .sort(([, a], [, b]) => b - a)
    .map(([phase, ms]) => `${phase} ${percent(ms / all)}`)
    .join(', ');
}

const shown = (ms: number | null) => (ms === null ? '' : formatDuration(ms));
const percent = (share: number | null) => (share === null ? '' : `${Math.round(share * 100)} %`);
const dollars = (usd: number | null) => (usd === null ? '' : formatAmount('moneyUsd', usd));
