/** Headers that many requests and answers have, described once. */
import type { JsonObject } from '../../domain/json.ts';
import { keyHeader, longestKey } from '../../operations/http.ts';

export const sharedHeaders: JsonObject = {
  RequestId: {
    description: 'Names the request in the log of the service.',
    schema: { type: 'string' },
  },
  ETag: {
    description: 'Changes with the answer; for `If-None-Match`.',
    schema: { type: 'string' },
  },
};

export const requestId: JsonObject = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
export const etag: JsonObject = { etag: { $ref: '#/components/headers/ETag' } };

/** The answer to whoever has it already. */
export const unchanged: Record<string, JsonObject> = {
  304: { description: 'The answer is the one that `If-None-Match` names.', headers: { ...requestId, ...etag } },
};

export const parameters: JsonObject = {
  IdempotencyKey: {
    name: keyHeader,
    in: 'header',
    required: false,
    description: 'Under the same key the same order of the same person is carried out once, however often it arrives.',
    schema: { type: 'string', minLength: 1, maxLength: longestKey },
  },
  IfNoneMatch: {
    name: 'if-none-match',
    in: 'header',
    required: false,
    description: '`etag` of an earlier answer: it is not sent again while it is still the same.',
    schema: { type: 'string' },
  },
  LastEventId: {
    name: 'last-event-id',
    in: 'header',
    required: false,
    description: 'The id of the last event that has arrived: goes on behind it, and goes before the field `after`.',
    schema: { type: 'string' },
  },
};

export const parameterNamed = (name: string): JsonObject => ({ $ref: `#/components/parameters/${name}` });
