/** The figures as one table of a single shape, for whoever goes on with them in a spreadsheet or a notebook. */
import { type Cell, csvOf } from '../../domain/csv.ts';
import type { FiguresView, SummaryView } from '../views/figures.ts';

type Answer = Omit<FiguresView, 'csv'>;
type Spread = FiguresView['stages'][number]['time'];

/** A row without its group and period. */
type Value = [figure: string, value: number | null, unit: string, count: number];

const header = ['figure', 'group', 'period', 'value', 'unit', 'count'];

/** As CSV. `period` is a day or the first day of a week where figures go by it, and else the whole as an interval (ISO 8601). */
export function tableOf(answer: Answer): string {
  const { from, to, overall, periods, projects, stages, rework, gates, usage } = answer;
  const whole = `${from}/${to}`;
  const rows = (group: Record<string, string | null>, period: string, values: readonly Value[]) =>
    values.map(([figure, value, unit, count]): Cell[] => [figure, groupOf(group), period, value, unit, count]);
  return csvOf([
    header,
    ...rows({}, whole, summaryValues(overall)),
    ...periods.flatMap(({ period, ...summary }) => rows({}, period, summaryValues(summary))),
    ...projects.flatMap(({ project, ...summary }) => rows({ project }, whole, summaryValues(summary))),
    ...stages.flatMap(({ stage, time, phases, total }) => [
      ...rows({ stage }, whole, spreadValues('stage.time', time)),
      ...Object.entries(phases).flatMap(([phase, ms]) =>
        rows({ stage, phase }, whole, [['stage.phase', ms, 'ms', total]]),
      ),
    ]),
    ...rework.flatMap(({ cause, gate, from: sender, to: stage, count, total }) =>
      rows({ cause, gate, from: sender, to: stage }, whole, [['rework.cause', count, 'times', total]]),
    ),
    ...gates.flatMap(({ gate, stage, kind, total, ...one }) =>
      rows({ stage, gate, kind }, whole, [
        ...verdictValues('gate', one),
        ['gate.firstPassRate', one.firstPassRate, 'share', total],
        ['gate.flakiness', one.flakiness, 'share', one.trees],
        ...spreadValues('gate.duration', one.duration),
      ]),
    ),
    ...usage.flatMap(({ stage, agent, model, again, ...spent }) =>
      rows({ stage, agent, model }, whole, [
        ...spentValues('usage', spent),
        ['usage.again.costUsd', again.costUsd, 'usd', again.runs],
        ['usage.again.tokens', again.tokens, 'tokens', again.runs],
      ]),
    ),
  ]);
}

/** `stage=review;gate=tests`; what is null is left out. */
function groupOf(group: Record<string, string | null>): string {
  const escaped = (text: string) => text.replace(/[%;=]/g, encodeURIComponent);
  return Object.entries(group)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${escaped(value)}`]))
    .join(';');
}

function summaryValues({ leadTime, rework, verdicts, spent, ...tasks }: SummaryView): Value[] {
  return [
    ...Object.entries(tasks).map(([standing, { total }]): Value => [`tasks.${standing}`, total, 'tasks', total]),
    ...spreadValues('leadTime', leadTime),
    ['rework', rework.count, 'times', rework.total],
    ...verdictValues('verdicts', verdicts),
    ...spentValues('spent', spent),
  ];
}

const spreadValues = (figure: string, { count, medianMs, p90Ms, meanMs, totalMs }: Spread): Value[] => [
  [`${figure}.median`, medianMs, 'ms', count],
  [`${figure}.p90`, p90Ms, 'ms', count],
  [`${figure}.mean`, meanMs, 'ms', count],
  [`${figure}.total`, totalMs, 'ms', count],
];

function verdictValues(
  figure: string,
  { pass, fail, inconclusive, passRate }: Omit<SummaryView['verdicts'], 'total' | 'tasks'>,
): Value[] {
  const all = pass + fail + inconclusive;
  return [
    [`${figure}.pass`, pass, 'verdicts', all],
    [`${figure}.fail`, fail, 'verdicts', all],
    [`${figure}.inconclusive`, inconclusive, 'verdicts', all],
    [`${figure}.passRate`, passRate, 'share', pass + fail],
  ];
}

function spentValues(figure: string, spent: Omit<SummaryView['spent'], 'total' | 'tasks'>): Value[] {
  const { runs, inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, costUsd, sessions, workedMs } = spent;
  return [
    [`${figure}.inputTokens`, inputTokens, 'tokens', runs],
    [`${figure}.cachedInputTokens`, cachedInputTokens, 'tokens', runs],
    [`${figure}.cacheWriteTokens`, cacheWriteTokens, 'tokens', runs],
    [`${figure}.outputTokens`, outputTokens, 'tokens', runs],
    [`${figure}.costUsd`, costUsd, 'usd', runs - spent.unpriced],
    [`${figure}.sessions`, sessions, 'sessions', runs],
    [`${figure}.worked`, workedMs, 'ms', runs],
  ];
}
