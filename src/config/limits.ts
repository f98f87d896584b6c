/** Says where a limit of tokens or money cannot hold: an agent whose program does not tell what it uses, or a model without a price. */
import { agentClis } from '../integrations/agents/index.ts';
import { priceOf, pricesWith } from '../integrations/prices.ts';
import type { Path } from './document.ts';
import type { Config } from './schema.ts';

/** Those that reckon what they cost themselves. */
const reckoners = ['claude', 'opencode'];

/** `named` are the agents that the file names. */
export function checkLimits(named: readonly string[], config: Config, warn: (at: Path, message: string) => void): void {
  const projects = Object.values(config.projects);
  const budgets = [config.budget.day, config.budget.run, ...projects.flatMap(({ budget }) => Object.values(budget))];
  const countsMoney = budgets.some(({ moneyUsd }) => moneyUsd !== null);
  const countsTokens = budgets.some(({ tokens }) => tokens !== null);
  const players = [config, ...projects].flatMap(({ agent, roles }) => [agent, ...Object.values(roles)]);
  const prices = pricesWith(config.prices);
  for (const name of named.filter(name => players.includes(name))) {
    const { kind, model } = config.agents[name]!;
    if (!agentClis[kind].tellsUsage) {
      const measures = [...(countsTokens ? ['tokens'] : []), ...(countsMoney ? ['money'] : [])].join(' and ');
      if (measures === '') continue;
      warn(
        ['agents', name],
        `budgets of ${measures} do not count it: its program does not say what it uses; limit \`time\` or \`sessions\` as well`,
      );
      continue;
    }
    if (!countsMoney || reckoners.includes(kind)) continue;
    if (kind === 'aider') {
      const which = 'budgets of money count it only if aider knows what its model costs';
      warn(['agents', name], `${which}: limit \`tokens\` as well`);
    } else if (model === null) {
      const which = 'budgets of money count it only if the model that it chooses has a price';
      warn(['agents', name], `${which}: name its \`model\`, or limit \`tokens\` as well`);
    } else if (priceOf(prices, model) === null) {
      const why = `budgets of money do not count it: nothing is known of what ${model} costs`;
      warn(['agents', name, 'model'], `${why}; say it under \`prices\`, or limit \`tokens\` as well`);
    }
  }
}
