/** `signalbox events`: every transition as it is committed. */
import { streams } from './command.ts';
import { clockTime, colors, harmless, print } from './output.ts';

export const follow = streams({
  operation: 'events.follow',
  named: { after: '--after <position>', task: '--task <id>' },
  examples: ['signalbox events                     # from now on, until Ctrl-C', 'signalbox events --after 0 --json'],
  piece({ position, at, actorId, type, from, to, outcome, headline }) {
    const move = from === to ? to : `${from || '∅'} → ${to}`;
    const told = headline === null ? '' : `  ${harmless(headline)}`;
    print(`${position}  ${clockTime(at)}  ${actorId}  ${outcome}  ${type}  ${colors.dim(move)}${told}`);
  },
});
