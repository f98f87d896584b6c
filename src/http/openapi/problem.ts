/** The schema of a problem document. */
import type { JsonObject } from '../../domain/json.ts';

export const problemSchema: JsonObject = {
  type: 'object',
  description: 'RFC 9457, with the stable name of the failure and what would fix it.',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'the kind of the failure' },
    title: { type: 'string', description: 'the kind in words' },
    status: { type: 'integer', description: 'the HTTP status' },
    detail: { type: 'string', description: 'for people; it may change' },
    reason: { type: 'string', description: 'the stable name of the failure; without one it is a bug' },
    remedy: { $ref: '#/components/schemas/Remedy' },
    errors: {
      type: 'array',
      description: 'one for each problem of an input or a document',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: {
          path: { type: 'string', description: 'such as stages.2.name' },
          message: { type: 'string' },
          line: { type: 'integer', description: 'in the file, from 1' },
        },
      },
    },
  },
};
