/** Data that is served while a test plays what would happen outside: outcomes of jobs, and the time. */
import { dataPaths, makeDataDir } from '../../src/app/data-directory.ts';
import { createForges } from '../../src/app/forges.ts';
import { createChats } from '../../src/app/outside/chats.ts';
import { createTrackers } from '../../src/app/outside/trackers.ts';
import { defaultSettings } from '../../src/app/settings.ts';
import type { Site } from '../../src/operations/operation.ts';
import { startTestRuntime, type TestRuntime, type TestRuntimeOptions } from '../support/runtime.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export async function playedSite(options: TestRuntimeOptions): Promise<{ system: TestRuntime; site: Site }> {
  const system = await startTestRuntime(options);
  const directory = temporaryDirectory();
  const paths = dataPaths(directory);
  makeDataDir(paths);
  const { runtime, store } = system;
  const here = {
    cwd: directory,
    env: {},
    configurationFile: async () => null,
    configuration: () => Promise.reject(new Error('none')),
  };
  const site: Site = {
    paths,
    store,
    runtime,
    settings: defaultSettings,
    forges: createForges(() => ({})),
    trackers: createTrackers(() => defaultSettings),
    chats: createChats(() => ({})),
    configure: async () => {},
    close: closing => runtime.stop(closing),
    here,
  };
  return { system, site };
}
