/** `signalbox tracker …`, `signalbox intake …`, `signalbox drift`: where work comes from, and what became of it. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers } from './command.ts';
import { colors, dayTime, exitCodes, harmless, print, table } from './output.ts';

type Tracker = OutputOf<'tracker.list'>['trackers'][number];
type Intake = OutputOf<'intake.list'>['intakes'][number];

export const list = answers({
  operation: 'tracker.list',
  examples: ['signalbox tracker list'],
  show({ trackers }) {
    if (trackers.length === 0) return print('No tracker is configured; docs/trackers.md tells how to connect one.');
    for (const tracker of trackers) print(linesOf(tracker).map(harmless).join('\n'));
  },
  exitCode: ({ trackers }) => (trackers.some(({ problem }) => problem !== null) ? exitCodes.failed : exitCodes.done),
});

function linesOf({
  name,
  kind,
  url,
  account,
  version,
  problem,
  missing,
  hasWebhookSecret,
  projects,
  breaker,
  waiting,
}: Tracker) {
  const since = waiting.oldest === null ? '' : `, the oldest since ${dayTime(waiting.oldest)}`;
  return [
    `${name}: ${kind} at ${url}${version === null || version === 'unknown' ? '' : `, version ${version}`}`,
    ...(account === null ? [] : [`  signed in as ${account}`]),
    ...(problem === null ? [] : [`  ${problem.why}`, `    → ${problem.remedy}`]),
    ...(hasWebhookSecret ? [] : ['  no webhook secret: its deliveries are refused, and it is asked every 30 s']),
    ...projects.map(({ project, place }) => `  project ${project}: takes work from ${place}`),
    ...missing.map(({ project, what }) => `  project ${project}: ${what}`),
    ...(breaker === null ? [] : [`  breaker: ${breaker.state}${breaker.why === null ? '' : `, ${breaker.why}`}`]),
    ...(waiting.actions === 0 ? [] : [`  ${waiting.actions} waiting to be written there${since}`]),
  ];
}

export const intakes = answers({
  operation: 'intake.list',
  examples: ['signalbox intake list'],
  show({ intakes: all }) {
    if (all.length === 0) return print('No project takes work from a tracker; docs/trackers.md tells how one does.');
    for (const intake of all) showIntake(intake);
  },
  exitCode: ({ intakes: all }) => (all.some(({ problem }) => problem !== null) ? exitCodes.failed : exitCodes.done),
});

function showIntake({
  project,
  tracker,
  place,
  lastLook,
  looked,
  problem,
  underWay,
  items,
  differences,
}: Intake): void {
  const when = lastLook === null ? 'not looked at yet' : `looked at ${dayTime(lastLook)}, ${looked} items`;
  print(
    colors.bold(
      harmless(`${project} from ${place} of ${tracker}: ${when}${underWay > 0 ? `, ${underWay} under way` : ''}`),
    ),
  );
  if (problem !== null) print(`  ${colors.red(harmless(problem))}`);
  for (const { key, task, why, notes, at } of items) {
    print(`  ${dayTime(at)}  ${harmless(key)}  ${harmless(task === null ? `left alone: ${why ?? ''}` : `→ ${task}`)}`);
    for (const said of notes) print(colors.dim(`            ${harmless(said)}`));
  }
  for (const { task, what, outcome, at } of differences) {
    print(colors.dim(`  ${dayTime(at)}  ${harmless(`${task} had not heard: ${what} (${outcome})`)}`));
  }
}

export const drift = answers({
  operation: 'drift',
  examples: ['signalbox drift'],
  show({ items }) {
    if (items.length === 0) return print('Trackers and tasks say the same.');
    const rows = items.map(({ task, key, field, tracker, ours, does }) => [task, key, field, tracker, ours, does]);
    print(table(['TASK', 'ITEM', 'FIELD', 'TRACKER SAYS', 'TASK SAYS', 'WHAT SETTLES IT'], rows));
    print(colors.dim('signalbox drift settle TASK FIELD does it; so does whoever changes it at the tracker.'));
  },
});

export const settle = answers({
  operation: 'drift.settle',
  examples: ['signalbox drift settle ET-3 state'],
  show: ({ task, field, does }) => print(harmless(`${task}, ${field}: ${does}`)),
});
