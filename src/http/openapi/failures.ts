/** Why a request can fail: what its sort has in common, and the reasons of the operation itself. */
import type { JsonObject } from '../../domain/json.ts';
import { statusOf } from '../../domain/problem.ts';
import { type Reason, reasons } from '../../domain/reasons.ts';
import { type AnyOperation, roles } from '../../operations/operation.ts';
import { problemType } from '../problems.ts';
import { requestId } from './headers.ts';
import { schemaNamed } from './schemas.ts';

/** Whatever is asked for over a network. */
export const ofEveryRequest = [
  'badRequest',
  'unauthenticated',
  'foreignOrigin',
  'tooSlow',
  'tooOften',
] as const satisfies readonly Reason[];

const ofBodies = ['badJson', 'tooLarge', 'badMediaType'] as const satisfies readonly Reason[];
const ofData = ['storeUnusable', 'storeClosed'] as const satisfies readonly Reason[];
const ofChanges = ['stopped', 'takenOver', 'versionConflict'] as const satisfies readonly Reason[];

/** Every reason for which an operation can be refused. */
export function reasonsOf({ route, may, changes, isKeyed, needs, fails = [] }: AnyOperation): Reason[] {
  const all: Reason[] = [
    ...ofEveryRequest,
    'badInput',
    ...(may === roles[0] ? [] : (['notAllowed'] as const)),
    ...(route?.method === 'GET' ? [] : ofBodies),
    ...(isKeyed ? (['keyReused'] as const) : []),
    ...(needs === 'nothing' ? [] : ofData),
    ...(changes ? ofChanges : []),
    ...fails,
  ];
  return [...new Set(all)];
}

export type Failures = ReturnType<typeof createFailures>;

/** Responses for reasons, and for a bug. Those that occur more than once are hoisted into the components. */
export function createFailures() {
  const names = new Map<JsonObject, string>();
  const known = new Map<string, JsonObject>();

  function responseFor(status: number, why: readonly Reason[]): JsonObject {
    const name = why.length === 0 ? 'bug' : why.toSorted().join('.');
    const response = known.get(name) ?? responseOf(status, why);
    known.set(name, response);
    names.set(response, name);
    return response;
  }

  return {
    /** By status. */
    responsesFor(why: readonly Reason[]): Record<string, JsonObject> {
      const byStatus = Map.groupBy(why, statusOf);
      const responses = [...byStatus].map(([status, some]) => [status, responseFor(status, some)] as const);
      return Object.fromEntries([...responses, [500, responseFor(500, [])] as const]);
    },
    /** Replaces in all entries what occurs more than once by a reference; answers what is referred to. */
    hoist(paths: Record<string, Record<string, JsonObject>>): JsonObject {
      const entries = Object.values(paths).flatMap(path => Object.values(path));
      const all = entries.map(({ responses }) => responses as Record<string, JsonObject>);
      const counts = new Map<JsonObject, number>();
      for (const response of all.flatMap(Object.values)) counts.set(response, (counts.get(response) ?? 0) + 1);
      const isShared = (response: JsonObject) => names.has(response) && counts.get(response)! > 1;
      for (const responses of all) {
        for (const [status, response] of Object.entries(responses)) {
          if (isShared(response)) responses[status] = { $ref: `#/components/responses/${names.get(response)}` };
        }
      }
      const shared = [...names].filter(([response]) => isShared(response)).map(([it, name]) => [name, it] as const);
      return Object.fromEntries(shared.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

function responseOf(status: number, why: readonly Reason[]): JsonObject {
  const lines = why.map(reason => `- \`${reason}\`: ${reasons[reason][1]}`);
  const retry = status === 503 || status === 429;
  return {
    description: status === 500 ? 'A bug in Signalbox, without a reason; its log says more.' : lines.join('\n'),
    'x-reasons': [...why],
    headers: {
      ...requestId,
      ...(retry && { 'retry-after': { description: 'seconds to wait', schema: { type: 'string' } } }),
      ...(status === 401 && { 'www-authenticate': { description: 'how to say who asks', schema: { type: 'string' } } }),
    },
    content: { [problemType]: { schema: schemaNamed('Problem') } },
  };
}
