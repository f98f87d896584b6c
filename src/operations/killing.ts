/** Ends runs and answers when nothing of them is left. */
import { z } from 'zod';
import { sendOnce } from './once.ts';
import type { Site, Who } from './operation.ts';

export const killed = z.object({
  message: z.string(),
  total: z.int(),
  killed: z.int(),
  failed: z.int(),
  errors: z.array(z.string()),
});

/** The cause and who gave the order are on record with each run. */
export async function killRuns(
  { runtime }: Site,
  ids: readonly string[],
  who: Who,
  reason?: string,
): Promise<z.output<typeof killed>> {
  const errors: string[] = [];
  const ended: string[] = [];
  for (const id of ids) {
    const event = { type: 'run.stop', cause: 'killed', by: who.name, ...(reason !== undefined && { reason }) };
    const { outcome, reason: refusal } = await sendOnce(runtime, id, event, who);
    if (outcome === 'applied') ended.push(id);
    else errors.push(refusal?.startsWith(id) ? refusal : `${id}: ${refusal ?? outcome}`);
  }
  // A run that is being killed always ends: its process actor does not give up.
  for (const id of ended) {
    await runtime.until(async () => ((await runtime.actor(id))?.status === 'active' ? undefined : true), who.signal);
  }
  const total = ids.length;
  const message = `${ended.length} of ${total} runs killed`;
  return { message, total, killed: ended.length, failed: errors.length, errors };
}
