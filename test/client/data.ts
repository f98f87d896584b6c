/** One data directory, asked in both ways: on the data itself, and over requests to whoever has it open. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { openApp } from '../../src/app/open.ts';
import { locate } from '../../src/app/place.ts';
import { openLocal } from '../../src/client/local.ts';
import { openRemote } from '../../src/client/remote.ts';
import type { Signalbox } from '../../src/client/signalbox.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import { createAnswers } from '../../src/http/answer.ts';
import type { PlainRequest } from '../../src/operations/http.ts';
import type { Role, Site } from '../../src/operations/operation.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const allRoles = fileURLToPath(new URL('../fixtures/agent-all-roles.sh', import.meta.url));

export interface AskedData {
  client: Signalbox;
  /** The same as somebody else. */
  as(role: Role, name?: string): Promise<Signalbox>;
  directory: string;
  repository: string;
  dataDir: string;
  /** An order for a task whose agent never has to work. */
  order: { repository: string; title: string; agent: string };
  /** Configures an agent `bot` and a project `shop` with the repository; before anything else is asked. */
  configure(more?: { agent?: object; project?: string }): void;
  /** Requests that went to the other side. */
  requests: PlainRequest[];
}

export interface WayOfAsking {
  name: string;
  make(): Promise<AskedData>;
}

async function makePlace() {
  const directory = temporaryDirectory();
  const repository = join(directory, 'shop');
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const agent = `sh ${allRoles} ${join(directory, 'journal')}`;
  const order = { repository, title: 'Fix it', agent };
  const configure: AskedData['configure'] = ({ agent: fields = {}, project = 'shop' } = {}) => {
    const bot = { kind: 'command', program: ['sh', allRoles, join(directory, 'journal')], ...fields };
    const config = { agents: { bot }, agent: 'bot', projects: { [project]: { repository } } };
    writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  };
  return { directory, repository, dataDir: join(directory, 'data'), order, configure };
}

const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

/** Opens the data for each order. */
const onData: WayOfAsking = {
  name: 'on the data directory',
  async make() {
    const place = await makePlace();
    const at = { cwd: place.directory, env, data: place.dataDir, warn: () => {} };
    const as = async (role: Role, name = 'ann') => openLocal(at, { name, role });
    return { ...place, client: await as('admin'), as, requests: [] };
  },
};

/** Somebody has the data open and answers requests; they do not go over a wire here. */
const overRequests: WayOfAsking = {
  name: 'over requests',
  async make() {
    const place = await makePlace();
    const here = { cwd: place.directory, env };
    const app = await openApp({ dataDir: place.dataDir, mode: 'commit' });
    onTestFinished(() => app.close());
    const located = locate({ ...here, data: place.dataDir, warn: () => {} });
    const site: Site = Object.assign(app, { here: { ...here, ...located } });
    const answer = await createAnswers(site);
    const requests: PlainRequest[] = [];
    const as = async (role: Role, name = 'ann') =>
      openRemote(async (request, signal) => {
        requests.push(request);
        return answer(request, { name, role, ...(signal && { signal }) });
      });
    return { ...place, client: await as('admin'), as, requests };
  },
};

export const waysOfAsking = [onData, overRequests];
