/** The client of the model that reads issues, one for each configuration of it. */
import type { ModelConfig } from '../../config/schema.ts';
import type { Understander } from '../../integrations/model.ts';
import { createUnderstander } from '../../integrations/models/anthropic.ts';

const clients = new WeakMap<ModelConfig, Understander>();
const mostAnswered = 1_000;

export function modelOf(config: ModelConfig): Understander {
  const known = clients.get(config);
  if (known !== undefined) return known;
  const { url, key, model, timeLimitMs } = config;
  const made = createUnderstander({
    ...{ baseUrl: url, apiKey: key.reveal(), model, maxTokens: mostAnswered, timeoutMs: timeLimitMs },
  });
  clients.set(config, made);
  return made;
}
