/** Models behind Anthropic's Messages API, and behind servers that answer as it does. */
import Anthropic from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import { z } from 'zod';
import { type IssueForModel, ModelError, type ModelUsage, type Understander, type Understood } from '../model.ts';
import { readAnswer } from './answer.ts';
import { failed } from './anthropic/failure.ts';
import { answerSchema, guessedTokens, instructions, shownIssue, toolName } from './question.ts';
import { createTransport } from './transport.ts';

export interface AnthropicOptions {
  /** Without the `/v1` that its paths begin with. */
  baseUrl: string;
  apiKey: string;
  model: string;
  /** Of an answer. Some hundred are needed. */
  maxTokens: number;
  /** Milliseconds until the whole answer must be there. */
  timeoutMs: number;
  /** For tests: what sends requests. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** A client that asks once: trying again is a matter of whoever asks. */
export function createUnderstander(options: AnthropicOptions): Understander {
  const client = new Anthropic({
    ...{ baseURL: options.baseUrl, apiKey: options.apiKey, timeout: options.timeoutMs, maxRetries: 0 },
    fetch: createTransport(options.fetch ?? globalThis.fetch),
    // Its log would hold the issue, and its spans the same.
    ...{ logLevel: 'off', openTelemetry: { traces: false, propagation: false } },
  });
  const mostTokens = (issue: IssueForModel) =>
    guessedTokens(JSON.stringify(questionOf(options, issue))) + options.maxTokens;
  return {
    mostTokens,
    async understand(issue, signal) {
      const question = questionOf(options, issue);
      const limited = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
      let message: unknown;
      try {
        message = await client.messages.create(question, { signal: limited });
      } catch (error) {
        const { maxTokens: outputTokens } = options;
        const most = { inputTokens: mostTokens(issue) - outputTokens, outputTokens };
        throw failed(error, { ...options, most, isLate: limited.aborted && !signal.aborted });
      }
      return understood(message, issue);
    },
  };
}

/** One forced call of one tool: there is nothing else that the model could do. */
function questionOf({ model, maxTokens }: AnthropicOptions, issue: IssueForModel): MessageCreateParamsNonStreaming {
  return {
    ...{ model, max_tokens: maxTokens, system: instructions },
    messages: [{ role: 'user', content: shownIssue(issue) }],
    tools: [
      {
        ...{ name: toolName, strict: true, input_schema: answerSchema(issue.agents) },
        description: 'Records what is understood of the issue.',
      },
    ],
    tool_choice: { type: 'tool', name: toolName, disable_parallel_tool_use: true },
  };
}

const count = z.int().min(0).max(1e9).nullish().catch(null);
/** The parts of an answer that matter, whoever has written it. */
const messageShape = z.object({
  content: z.array(z.looseObject({ type: z.string() })).catch([]),
  stop_reason: z.string().nullish().catch(null),
  usage: z
    .object({
      ...{ input_tokens: count, output_tokens: count },
      ...{ cache_creation_input_tokens: count, cache_read_input_tokens: count },
    })
    .nullish()
    .catch(null),
});

function understood(message: unknown, issue: IssueForModel): Understood {
  const parsed = messageShape.safeParse(message);
  if (!parsed.success) throw new ModelError('invalid', 'The model answered with what is no message.', { status: 200 });
  const { content, stop_reason: stop, usage: counts } = parsed.data;
  const usage = usageOf(counts);
  const nonsense = (why: string) =>
    new ModelError('invalid', `The model gave no answer that can be read: ${why}.`, { status: 200, usage });
  if (stop === 'refusal') throw nonsense('it refused');
  const call = content.find(block => block.type === 'tool_use' && block.name === toolName);
  if (call === undefined) throw nonsense(stop === 'max_tokens' ? 'it ran out of tokens' : 'it did not call the tool');
  const understanding = readAnswer(call.input, issue);
  if (typeof understanding === 'string') throw nonsense(understanding);
  return { understanding, usage };
}

function usageOf(counts: z.infer<typeof messageShape>['usage']): ModelUsage {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = counts ?? {};
  return {
    inputTokens: (input_tokens ?? 0) + (cache_creation_input_tokens ?? 0) + (cache_read_input_tokens ?? 0),
    outputTokens: output_tokens ?? 0,
  };
}
