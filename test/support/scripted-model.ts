/**
 * A model server on loopback that says what it is told to, in the tongues of the four vendors whose programs can be pointed at one:
 * Anthropic's messages, OpenAI's responses, Gemini's stream. Enough of each for the real programs to work with it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the model answers to one request: words, a command to run in the agent's shell, silence, or a failure. */
export type Turn =
  | { say: string }
  | { run: string }
  | { hang: true }
  | { status: number; body: unknown; headers?: Record<string, string> };

export interface ScriptedModel {
  url: string;
  /** Requests of the model that were answered, or are hung. */
  readonly asked: number;
  close(): Promise<void>;
}

/** Tokens that each answer claims to have used. */
export const tokensPerTurn = { input: 1_000, cached: 400, output: 50 };

interface Tool {
  name: string;
  argument: string;
  isList: boolean;
}

/** Starts it. `script` is asked for each request of the agent's own work, with its number from 1. */
export async function startScriptedModel(script: (request: number) => Turn): Promise<ScriptedModel> {
  let asked = 0;
  const server = createServer((request, response) => {
    readBody(request).then(
      body => {
        const { pathname } = new URL(request.url ?? '/', 'http://model');
        const tongue = tongues.find(({ path }) => path.test(pathname));
        if (tongue === undefined || request.method !== 'POST') return sendJson(response, 404, {});
        // Titles, summaries and the like are asked for without a tool.
        const tool = shellIn(body);
        if (tool === null) return tongue.answer(response, { say: 'A title' }, { number: 0, tool, body });
        asked += 1;
        const turn = script(asked);
        if ('hang' in turn) return;
        if ('status' in turn) return sendJson(response, turn.status, turn.body, turn.headers);
        tongue.answer(response, turn, { number: asked, tool, body });
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get asked() {
      return asked;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

interface Asked {
  number: number;
  tool: Tool | null;
  body: Fields;
}
type Words = { say: string } | { run: string };
type Fields = Record<string, unknown>;

const tongues: { path: RegExp; answer(response: ServerResponse, turn: Words, asked: Asked): void }[] = [
  { path: /\/messages$/, answer: asAnthropic },
  { path: /\/responses$/, answer: asOpenAi },
  { path: /:(?:streamG|g)enerateContent$/, answer: asGemini },
];

function asAnthropic(response: ServerResponse, turn: Words, { number, tool, body }: Asked): void {
  const { input, cached, output } = tokensPerTurn;
  const usage = {
    ...{ input_tokens: input - cached, cache_read_input_tokens: cached, cache_creation_input_tokens: 0 },
    output_tokens: 1,
  };
  const block =
    'say' in turn
      ? { type: 'text', text: '' }
      : { type: 'tool_use', id: `toolu_${number}`, name: tool?.name ?? 'Bash', input: {} };
  const delta =
    'say' in turn
      ? { type: 'text_delta', text: turn.say }
      : { type: 'input_json_delta', partial_json: JSON.stringify(argumentsOf(tool, turn.run)) };
  const message = {
    ...{ id: `msg_${number}`, type: 'message', role: 'assistant', model: body.model, content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage },
  };
  if (body.stream !== true) {
    const content = 'say' in turn ? [{ type: 'text', text: turn.say }] : [block];
    sendJson(response, 200, { ...message, content, stop_reason: 'end_turn' });
    return;
  }
  sendEvents(response, [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'say' in turn ? 'end_turn' : 'tool_use', stop_sequence: null },
      usage: { output_tokens: output },
    },
    { type: 'message_stop' },
  ]);
}

function asOpenAi(response: ServerResponse, turn: Words, { number, tool }: Asked): void {
  const { input, cached, output } = tokensPerTurn;
  const item =
    'say' in turn
      ? {
          ...{ type: 'message', role: 'assistant', id: `msg_${number}`, status: 'completed' },
          content: [{ type: 'output_text', text: turn.say, annotations: [] }],
        }
      : {
          ...{ type: 'function_call', id: `fc_${number}`, call_id: `call_${number}`, status: 'completed' },
          ...{ name: tool?.name ?? 'shell', arguments: JSON.stringify(argumentsOf(tool, turn.run)) },
        };
  const usage = {
    ...{ input_tokens: input, input_tokens_details: { cached_tokens: cached } },
    ...{ output_tokens: output, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: input + output },
  };
  const id = `resp_${number}`;
  sendEvents(response, [
    { type: 'response.created', response: { id, status: 'in_progress', output: [] } },
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { id, status: 'completed', output: [item], usage } },
  ]);
}

function asGemini(response: ServerResponse, turn: Words, { tool }: Asked): void {
  const { input, cached, output } = tokensPerTurn;
  const part =
    'say' in turn
      ? { text: turn.say }
      : { functionCall: { name: tool?.name ?? 'run_shell_command', args: argumentsOf(tool, turn.run) } };
  sendEvents(response, [
    {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: {
        ...{ promptTokenCount: input, cachedContentTokenCount: cached, candidatesTokenCount: output },
        totalTokenCount: input + output,
      },
    },
  ]);
}

/** The tool by which the agent runs a command, out of those that the request offers. */
function shellIn(body: Fields): Tool | null {
  const offered = [body.tools].flat() as Fields[];
  const tools = offered.flatMap(tool => (tool?.functionDeclarations as Fields[] | undefined) ?? [tool ?? {}]);
  for (const tool of tools) {
    const name = String(tool.name);
    if (!/^(?:bash|shell|shell_command|exec_command|run_shell_command)$/i.test(name)) continue;
    const schema = (tool.input_schema ?? tool.parameters ?? tool.parametersJsonSchema ?? {}) as Fields;
    const properties = (schema.properties ?? {}) as Record<string, Fields>;
    const argument = 'cmd' in properties ? 'cmd' : 'command';
    return { name, argument, isList: properties[argument]?.type === 'array' };
  }
  return null;
}

const argumentsOf = (tool: Tool | null, command: string): Fields => ({
  [tool?.argument ?? 'command']: tool?.isList ? ['sh', '-c', command] : command,
  description: 'Does what it is told',
});

function sendEvents(response: ServerResponse, events: Fields[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    if (typeof event.type === 'string') response.write(`event: ${event.type}\n`);
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Fields> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Fields;
}
