/** Which agent works on an item, by what is understood of it. */
import { type Candidate, chooseAgent } from '../../domain/agent-choice.ts';
import { own } from '../../domain/own.ts';
import type { Understanding } from '../../domain/understanding.ts';
import { priceOf, windowOf } from '../../integrations/prices.ts';
import type { Settings } from '../settings.ts';
import { findProject } from '../setup.ts';

/** By name; null: the usual one. */
export interface Chosen {
  agent: string | null;
  /** In words for people; empty where there was nothing to choose. */
  why: string[];
}

/** The one that is written, or the cheapest that is good enough where agents say what they are good for. */
export function agentFor(
  settings: Settings,
  project: string,
  { agent, contextTokens, difficulty }: Pick<Understanding, 'agent' | 'contextTokens' | 'difficulty'>,
): Chosen {
  const config = settings.configuration!;
  const isThere = agent !== null && own(config.agents, agent) !== undefined;
  if (isThere) return { agent, why: [`It asks for the agent ${agent}.`] };
  const why = agent === null ? [] : [`It asks for the agent ${agent}, which the configuration does not have.`];
  const usual = findProject(config, project).agent;
  const candidates = contextTokens === null && difficulty === null ? [] : candidatesOf(settings, usual);
  if (candidates.length === 0) return { agent: null, why };
  const choice = chooseAgent(candidates, { contextTokens, difficulty });
  if ('agent' in choice) return { agent: choice.agent, why: [...why, choice.why] };
  return { agent: null, why: [...why, `${choice.none} So ${usual} works on it.`] };
}

/** Those that say what they are good for; the usual one first, which is taken where others are as good. */
function candidatesOf({ configuration, prices }: Settings, usual: string): Candidate[] {
  const { abilities, agents } = configuration!;
  const names = [usual, ...Object.keys(abilities).filter(name => name !== usual)];
  return names.flatMap(name => {
    const ability = own(abilities, name);
    if (ability === undefined) return [];
    const model = own(agents, name)?.model ?? null;
    const price = priceOf(prices, model);
    const costPerMTok = price === null ? null : price.input + price.output;
    return [{ name, windowTokens: windowOf(prices, model), difficulty: ability.difficulty, costPerMTok }];
  });
}
