/** `signalbox breaker …`: providers that are left alone, and why. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers } from './command.ts';
import { dayTime, harmless, print, table } from './output.ts';

type Breaker = OutputOf<'breaker.reset'>;

export const list = answers({
  operation: 'breaker.list',
  examples: ['signalbox breaker list'],
  show({ breakers }) {
    if (Object.keys(breakers).length === 0) return print('There are no breakers yet; the first task makes them.');
    const rows = Object.entries(breakers).map(([name, { state, failureCount, threshold, totals, why, retryAt }]) => [
      name,
      state,
      `${failureCount} of ${threshold}`,
      `${totals.successes}/${totals.failures}/${totals.openings}`,
      retryAt === null ? '' : dayTime(retryAt),
      why ?? '',
    ]);
    print(table(['PROVIDER', 'STATE', 'IN A ROW', 'GOOD/BAD/OPENED', 'PROBE AT', 'WHY'], rows));
    for (const [name, { models }] of Object.entries(breakers)) {
      for (const { name: model, until, why } of models) {
        print(`\n${name} turns away whoever asks for ${model} until ${dayTime(until)}: ${why}`);
      }
    }
    for (const [name, { history }] of Object.entries(breakers)) showHistory(name, history);
  },
});

function showHistory(name: string, history: Breaker['history']): void {
  for (const { at, to, why } of history.slice(-5)) print(`  ${dayTime(at)}  ${name} → ${to}: ${harmless(why)}`);
}

export const reset = answers({
  operation: 'breaker.reset',
  examples: ['signalbox breaker reset anthropic        # after logging in again, or paying the bill'],
  show: ({ state }, { input }) => print(`The breaker of ${String(input.name)} is ${state}.`),
});
