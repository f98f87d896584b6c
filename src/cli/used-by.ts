/** What a run has used, in a few words. */
import type { OutputOf, Signalbox } from '../client/signalbox.ts';
import { formatAmount } from '../domain/budget.ts';
import { totalTokens } from '../domain/usage.ts';

/** Tokens and money; empty where nothing was reported. */
export function usedBy({ usage }: Pick<OutputOf<'agent.show'>, 'usage'>): string {
  const tokens = totalTokens(usage);
  const cost = usage.costUsd === null ? '' : formatAmount('moneyUsd', usage.costUsd);
  return tokens === 0 ? cost : `${formatAmount('tokens', tokens)}${cost === '' ? '' : `, ${cost}`}`;
}

/** The same of a run by its id as it is now, with what it does. */
export const lookIn =
  (client: Pick<Signalbox, 'ask'>) =>
  async (agentId: string): Promise<{ used: string; activity: string }> => {
    const run = await client.ask('agent.show', { agentId });
    return { used: usedBy(run), activity: run.activity };
  };
