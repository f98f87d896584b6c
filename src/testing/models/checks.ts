/** What the Messages API refuses, as far as clients that force a call of a strict tool can do it wrong. */

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Keywords of JSON Schema that a strict schema must not have. */
const unsupported = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'];

/** In the words of the API; undefined where nothing is wrong. */
export function wrongWith(headers: Headers, body: Record<string, unknown>): string | undefined {
  if (headers['anthropic-version'] === undefined) return 'anthropic-version: header is required';
  if (typeof body.model !== 'string') return 'model: Field required';
  if (typeof body.max_tokens !== 'number') return 'max_tokens: Field required';
  if (!Array.isArray(body.messages) || body.messages.length === 0) return 'messages: at least one message is required';
  const tools = (body.tools ?? []) as { name: string; strict?: boolean; input_schema: Record<string, unknown> }[];
  const choice = body.tool_choice as { type: string; name?: string } | undefined;
  if (choice?.type === 'tool' && !tools.some(({ name }) => name === choice.name)) {
    return `tool_choice: Tool '${choice.name}' not found in provided tools`;
  }
  if (choice?.type === 'tool' && body.thinking !== undefined) {
    return 'Thinking may not be enabled when tool_choice forces tool use.';
  }
  return tools
    .filter(({ strict }) => strict)
    .map(({ input_schema }) => wrongIn(input_schema))
    .find(wrong => wrong !== undefined);
}

function wrongIn(schema: Record<string, unknown>): string | undefined {
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    return "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false";
  }
  const keyword = unsupported.find(name => name in schema);
  if (keyword !== undefined) return `tools.0.custom: property '${keyword}' is not supported`;
  if (Array.isArray(schema.enum) && schema.enum.length === 0) return 'tools.0.custom: enum must not be empty';
  const parts = [...Object.values((schema.properties ?? {}) as object), ...(schema.items ? [schema.items] : [])];
  return parts.map(part => wrongIn(part as Record<string, unknown>)).find(wrong => wrong !== undefined);
}
