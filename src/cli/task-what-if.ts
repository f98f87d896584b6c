/** `signalbox task what-if`: what an event would do, before it is sent. */
import type { OutputOf } from '../client/signalbox.ts';
import { formatDuration } from '../domain/duration.ts';
import { answers } from './command.ts';
import { eventData } from './event-data.ts';
import { colors, exitCodes, harmless, note, print, table } from './output.ts';

type WhatIf = OutputOf<'task.whatIf'>;

export const whatIf = answers({
  operation: 'task.whatIf',
  ...eventData,
  extra: command =>
    eventData.extra(command).option('--guards', 'show what each guard says that stands before the task now'),
  examples: [
    'signalbox task what-if ET-003 task.approve',
    'signalbox task what-if ET-003 task.move --data \'{"stage":"review"}\'',
    'signalbox task what-if ET-003 task.retry --at 12   # as if it had been sent then',
    'signalbox task what-if ET-003 --guards',
  ],
  show(answer, { options }) {
    if (answer.missing.length > 0) note(`note: not given: ${answer.missing.map(harmless).join(', ')}`);
    print(answer.event === null ? standsAs(answer) : leadsTo(answer));
    if (answer.isTaken) for (const [name, value] of factsOf(answer)) print(`  ${name.padEnd(9)} ${harmless(value)}`);
    if (options.guards === true || answer.event === null) showGuards(answer);
  },
  exitCode: ({ event, isTaken }) => (event === null || isTaken ? exitCodes.done : exitCodes.failed),
});

const standsAs = ({ id, state, why }: WhatIf) => `${id} is in ${state}: ${harmless(why ?? state)}.`;

/** `With task.approve ET-003 goes to review.preparing, makes the worktree ready; then codex works on review.` */
function leadsTo(answer: WhatIf): string {
  const { id, event, state, to, why, isTaken, reason, starts, next } = answer;
  if (!isTaken) return `${event} would change nothing: ${harmless(reason ?? 'no reason given')}. ${standsAs(answer)}`;
  const does = [to === state ? `stays in ${to}` : `goes to ${to}`, ...starts.map(({ says }) => says)].join(', ');
  const then = next === null ? '' : `; then ${next.agent} works on ${next.stage}`;
  // What is started says why it is there.
  const because = starts.length > 0 || why === null ? '' : `: ${why}`;
  return harmless(`With ${event} ${id} ${does}${then}${because}.`);
}

function factsOf({ steps, stops, does, sends, deadlines, starts, next }: WhatIf): [string, string][] {
  const by = (guard: string | null) => (guard === null ? '' : `  [${guard}]`);
  return [
    ...steps.map(({ event, from, to, guard }): [string, string] => ['step', `${event}  ${from} → ${to}${by(guard)}`]),
    ...stops.map(({ id }): [string, string] => ['ends', id]),
    ...sends.map(({ to, event }): [string, string] => ['tells', `${to}  ${event}`]),
    ...does.map((action): [string, string] => ['does', action]),
    ...deadlines.map(({ name, afterMs }): [string, string] => ['deadline', `${name}: ${formatDuration(afterMs)}`]),
    ...[...starts, next].flatMap((it): [string, string][] => (it?.model == null ? [] : [['model', it.model]])),
  ];
}

const saidBy = (holds: boolean | null) => (holds === null ? 'depends' : holds ? 'holds' : 'no');

function showGuards({ guards }: WhatIf): void {
  if (guards.length === 0) {
    print(colors.dim('No guard stands before it.'));
    return;
  }
  const rows = guards.map(({ event, target, guard, holds, means }) => [
    ...[event, saidBy(holds), guard, target ?? 'nowhere', means ?? ''],
  ]);
  print(table(['EVENT', 'SAYS', 'GUARD', 'LEADS TO', 'IF'], rows));
}
