/**
 * Requests at random, made from the document: whatever is asked, the answer is one that the document lists for that route,
 * comes soon, is a problem document where something is wrong, tells no secret, and what is refused has changed nothing.
 *
 *   SIGNALBOX_RANDOM=10000   so many for each route
 *   SIGNALBOX_SEED=42        the same requests as another time
 */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { orderId } from '../../src/machines/addresses.ts';
import { type Described, type Route, readDescription } from './described.ts';
import { type OddRequest, oddRequests } from './odd.ts';
import type { Answer } from './place.ts';
import { makeWorld, type World } from './world.ts';

const runs = Number(process.env.SIGNALBOX_RANDOM ?? 200);
const seed = Number(process.env.SIGNALBOX_SEED ?? 20_251_125);

/** How long an answer may take, in milliseconds: much more than any takes, on a machine that is busy. */
const patienceMs = 20_000;

/** What comes bit by bit is not waited for. */
function carrierTo({ port, admin }: World) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return (method: string, { path, body, headers }: OddRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const all = { authorization: `Bearer ${admin}`, ...headers };
      const sent = request({ host: '127.0.0.1', port, agent, method, path, headers: all }, response => {
        const { statusCode: status = 0, headers: given } = response;
        const type = given['content-type'] ?? '';
        let text = '';
        const settle = () => {
          const isJson = type.includes('json') && text !== '';
          resolve({
            status,
            headers: given as Record<string, string>,
            body: text,
            json: isJson ? JSON.parse(text) : {},
          });
        };
        response.setEncoding('utf8').on('data', piece => {
          text += piece;
        });
        if (!type.startsWith('text/event-stream')) return void response.on('end', settle).on('error', reject);
        response.on('error', () => {});
        settle();
        response.destroy();
      });
      sent.setTimeout(patienceMs, () => sent.destroy(new Error(`no answer within ${patienceMs} ms`)));
      sent.on('error', reject);
      sent.end(body ?? undefined);
    });
}

/** The route that a path is one of: one that is written out goes before one that takes any name. */
function routeAt({ routes }: Described, method: string, path: string): Route | undefined {
  // Bytes that stand in no address never become a request.
  if (/[^!-~]/.test(path)) return undefined;
  const [place = ''] = path.split(/[?#]/, 1);
  const fitting = routes.filter(
    route => route.method === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]*')}$`).test(place),
  );
  return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

const isOrderId = (id: string) => id.startsWith(orderId(''));

/** Nothing is written anywhere but where it does no harm. */
function harmless(route: Route, odd: OddRequest, { backups }: World): OddRequest {
  if (route.operationId !== 'data.backup' || odd.body === null) return odd;
  const moved = (text: string) => JSON.stringify(join(backups, text.replace(/[^a-z]/gi, '_').slice(0, 100)));
  return { ...odd, body: odd.body.replace(/"(\/(?:[^"\\]|\\.)*)"/g, (_, text: string) => moved(text)) };
}

test(`I1, I8: ${runs} requests at random to each route are each answered as the document says, and change nothing unless they are good`, {
  timeout: 60_000 + runs * 3_000,
}, async () => {
  const world = await makeWorld();
  const described = await readDescription(world);
  const carry = carrierTo(world);
  const statuses: Record<string, number> = {};
  for (const route of described.routes) {
    const property = fc.asyncProperty(oddRequests(route), async given => {
      const odd = harmless(route, given, world);
      const before = await world.site.runtime.lastPosition();
      const answer = await carry(route.method, odd);
      const about = `${route.method} ${odd.path.slice(0, 200)} ${JSON.stringify(odd.headers)} ${odd.body?.slice(0, 300)}`;
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const asked = routeAt(described, route.method, odd.path);
      // Where the disk is nearly full the service says so.
      const most = asked?.operationId === 'service.ready' ? 503 : 499;
      expect(answer.status, `${about}: ${answer.body.slice(0, 300)}`).toBeLessThanOrEqual(most);
      if (asked === undefined)
        expect(['unknownOperation', 'badMethod', 'badRequest'], about).toContain(answer.json.reason);
      else described.check(asked, answer);
      if (answer.status >= 400 && answer.status < 500) {
        expect(answer.headers['content-type'], about).toContain('application/problem+json');
        const since = await world.site.runtime.logAfter(before, 10);
        // An order under a key is on record before it is looked at, whatever becomes of it.
        const more = since.filter(({ actorId }) => !isOrderId(actorId));
        expect(more, about).toEqual([]);
      }
      for (const secret of world.secrets) expect(answer.body.includes(secret), about).toBe(false);
    });
    await fc.assert(property, { numRuns: runs, seed, endOnFailure: runs > 1_000 });
  }
  console.info(`random requests: ${JSON.stringify(statuses)}`);
  // They are odd enough to be refused, and not so odd that nothing is ever looked at.
  expect(statuses[400]).toBeGreaterThan(0);
  expect(statuses[200]).toBeGreaterThan(0);
  expect((await world.ask('GET', '/data/verify')).json).toMatchObject({ ok: true, differences: [] });
});
