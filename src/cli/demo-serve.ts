/**
 * The demo in the dashboard: the same task, with time to look at it, and the decisions left to whoever looks. It goes on until
 * it is stopped, and leaves nothing behind.
 */
import type { Demo } from '../client/demo.ts';
import { actor } from './command.ts';
import { interruption } from './interruption.ts';
import { openInBrowser } from './open-in-browser.ts';
import { exitCodes, note, print, printJsonLine, warn } from './output.ts';
import { portIn } from './port.ts';

/** The agent thinks for so long in each stage, in seconds. */
const pause = '3';

interface ServedDemo {
  isJson: boolean;
  port: string | undefined;
  isOpened: boolean;
}

export async function serveDemo(made: Demo, { isJson, port, isOpened }: ServedDemo): Promise<number> {
  const [{ openLocal }, { startService, createLogger }] = await Promise.all([
    import('../client/local.ts'),
    import('../service/index.ts'),
  ]);
  const interrupted = interruption();
  // An agent sees what is allowed of the environment of this process.
  process.env.DEMO_PAUSE ??= pause;
  const env = { ...process.env, SIGNALBOX_DATA: '', SIGNALBOX_API_TOKEN: '' };
  const place = { cwd: made.place, env, data: made.dataDir, warn };
  const local = openLocal(place, { name: actor(), role: 'admin' });
  const service = await startService(local, {
    port: port === undefined ? undefined : portIn(port),
    env,
    logger: await createLogger({ level: 'silent', isReadable: false, secrets: () => [], out: process.stderr }),
    news: { note, warn, onTakenOver: () => interrupted.interrupt(), onEntry: () => {} },
  });
  try {
    await local.ask('task.add', { ...made.order, agentEnv: ['DEMO_PAUSE'] });
    const { url } = service;
    if (isJson) printJsonLine({ event: 'listening', url });
    else {
      print(`The demo is at ${url}/tasks/${made.order.id}`);
      print(
        'It waits for you there: approve the requirements, and see it go through its chart to the end. Ctrl-C ends it.',
      );
    }
    if (isOpened) await openInBrowser(`${url}/tasks/${made.order.id}`, warn);
    await interrupted.happened;
  } finally {
    await service.close({ stopAgents: true });
    interrupted.forget();
  }
  return exitCodes.done;
}
