/** Looked at and steered from a second terminal while another process works: `run`, or a service here or elsewhere. */
import { expect, test, vi } from 'vitest';
import { oneStage, type Said } from '../cli/place.ts';
import { isThere, makePlace, orderFor, type Place, patience, serve, token, untilCalled } from './process.ts';

vi.setConfig({ testTimeout: 180_000 });

interface Worker {
  /** A command in another terminal. */
  begin: Place['begin'];
  ended: Promise<Said>;
  stop(): void;
}

type Work = (place: Place, twist: string) => Promise<Worker>;

/** In the foreground, on one task. */
const run: Work = async (place, twist) => {
  const pipeline = place.pipeline(oneStage({ grace: '1s' }));
  const child = place.begin([...place.newTask(twist), '--approve-all', '--pipeline', pipeline]);
  return { begin: place.begin, ended: Promise.resolve(child), stop: () => child.kill('SIGINT') };
};

const served = (env: (url: string) => Record<string, string>): Work => {
  return async (place, twist) => {
    const service = await serve(place);
    const order = orderFor(place, { twists: [twist], more: { pipeline: oneStage({ grace: '1s' }) } });
    expect((await service.ask('POST', '/tasks', order)).status).toBe(201);
    return {
      begin: (args, options) => place.begin(args, { ...options, env: env(service.url) }),
      ended: service.ended,
      stop: () => service.signal('SIGTERM'),
    };
  };
};

const ways: [string, Work][] = [
  ['signalbox run', run],
  ['signalbox serve, at its data', served(() => ({}))],
  [
    'signalbox serve, at its address',
    served(url => ({ SIGNALBOX_DATA: '', SIGNALBOX_URL: url, SIGNALBOX_API_TOKEN: token })),
  ],
];

/** A command that goes on, and what it has printed so far. */
function following(child: ReturnType<Place['begin']>) {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { child, says: (words: string) => vi.waitUntil(() => text.includes(words), patience) };
}

test.each(ways)('%s: a task is seen, followed and held while its agent works', async (_, work) => {
  const place = await makePlace();
  const { begin, ended, stop } = await work(place, 'development=waits');
  const [agent] = await untilCalled(place);

  expect((await begin(['task', 'list'])).stdout).toMatch(/ET-1 +development/);
  expect((await begin(['agent', 'list'])).stdout).toContain('ET-1.development');
  const logs = following(begin(['agent', 'logs', 'ET-1', '-f']));
  const events = following(begin(['events', '--after', '0', '--task', 'ET-1']));
  await logs.says('this is development.1');
  await events.says('xstate.init');

  // There is nothing to approve, and that is said as it would be anywhere.
  expect(await begin(['task', 'approve', 'ET-1'])).toMatchObject({ code: 1 });
  expect(await begin(['task', 'pause', 'ET-1'])).toMatchObject({ code: 0, stderr: '' });
  await events.says('task.pause');
  expect(isThere(agent!.pid)).toBe(true);
  place.letGo();
  await vi.waitUntil(async () => {
    const { code, stdout } = await begin(['task', 'show', 'ET-1', '--json']);
    return code === 0 && (JSON.parse(stdout) as { standing: string }).standing === 'paused';
  }, patience);
  // The agent has ended, so there is nothing to follow any more.
  expect((await logs.child).code).toBe(0);
  stop();
  events.child.kill('SIGINT');
  await ended;
  expect(place.calls()).toHaveLength(1);
});

test.each(ways)('%s: an agent is killed from elsewhere, with everything of it', async (_, work) => {
  const place = await makePlace();
  const { begin, ended, stop } = await work(place, 'development=hangs');
  const [agent] = await untilCalled(place);
  const killed = await begin(['agent', 'kill', 'ET-1', '--reason', 'wrong model']);
  expect(killed).toMatchObject({ code: 0, stdout: '1 of 1 runs killed\n' });
  expect(isThere(agent!.pid)).toBe(false);
  expect(place.processes()).toEqual([]);
  expect((await begin(['agent', 'kill', 'ET-1'])).code).not.toBe(0);
  stop();
  await ended;
});

test('a task that waits for approval goes on when somebody gives it from elsewhere', async () => {
  const place = await makePlace();
  const service = await serve(place);
  const pipeline = oneStage();
  pipeline.stages[0]!.gates!.push({ kind: 'approval', name: 'lead' });
  await service.ask('POST', '/tasks', orderFor(place, { more: { pipeline } }));
  await vi.waitUntil(async () => (await service.ask('GET', '/tasks/ET-1')).json.standing === 'person', patience);
  expect(await place.signalbox('task', 'approve', 'ET-1')).toMatchObject({ code: 0, stderr: '' });
  await vi.waitUntil(async () => (await service.ask('GET', '/tasks/ET-1')).json.standing === 'done', patience);
});
