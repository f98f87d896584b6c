/** The client of the model that reads issues, one for each configuration of it. */

import type { ModelConfig } from '../../config/schema.ts';
import { onceFor } from '../../domain/once-for.ts';
import type { Understander } from '../../integrations/model.ts';
import { createUnderstander } from '../../integrations/models/anthropic.ts';

const mostAnswered = 1_000;

export const modelOf = onceFor(
  ({ url, key, model, timeLimitMs }: ModelConfig): Understander =>
    createUnderstander({
      ...{ baseUrl: url, apiKey: key.reveal(), model, maxTokens: mostAnswered, timeoutMs: timeLimitMs },
    }),
);
