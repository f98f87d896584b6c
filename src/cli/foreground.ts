/** Work on the data in the foreground, as `run` and `work` do it. */
import type { LocalSignalbox } from '../client/local.ts';
import type { FeedEntry, Working } from '../service/working.ts';
import { actor } from './command.ts';
import { exitCodes, harmless, note, warn } from './output.ts';

/** Opens the data for work, and takes up what was left there. Throws `inUse` while somebody works on it. */
export async function openForeground(local: LocalSignalbox, onEntry: (entry: FeedEntry) => void): Promise<Working> {
  const { openWorking } = await import('../service/working.ts');
  return openWorking(
    local,
    { name: actor(), role: 'admin' },
    {
      note: text => note(`note: ${harmless(text)}`),
      warn,
      onTakenOver: () => process.exit(exitCodes.failed),
      onEntry,
    },
  );
}

/** Stops all agents after a checkpoint, at the word of the person who is here. `again` resumes it. */
export async function interruptHere(working: Working, again: string): Promise<number> {
  note('Interrupting: agents are stopped after a checkpoint (Ctrl-C again to leave at once) …');
  await working.interrupt(actor());
  note(`Interrupted. Resume it with: ${again}`);
  return exitCodes.interrupted;
}
