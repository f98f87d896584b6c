/** `signalbox task logs`: what has run for a task has printed. */
import { streams } from './command.ts';
import { colors, dayTime, harmless, note, print } from './output.ts';

let told: string | undefined;

export const logs = streams({
  operation: 'task.logs',
  named: { follow: '-f, --follow', tail: '--tail <lines>', since: '--since <duration>', gate: '--gate <name>' },
  hidden: ['after'],
  examples: [
    'signalbox task logs ET-003                      # agents, gates, hooks, one after another',
    'signalbox task logs ET-003 --gate tests --tail 50',
    'signalbox task logs ET-003 -f',
  ],
  piece({ text, what, run, startedAt }) {
    // Whoever reads the output of a gate in a pipe gets that alone.
    if (run !== told) {
      if (process.stdout.isTTY) print(colors.bold(headOf(what, startedAt, run)));
      else note(headOf(what, startedAt, run));
    }
    told = run;
    print(harmless(text));
  },
});

const headOf = (what: string, startedAt: string, run: string) => harmless(`── ${what}, ${dayTime(startedAt)} (${run})`);
