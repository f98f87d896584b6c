/** One data directory, asked in each way: on the data itself, through the socket of whoever has it open, and over HTTP. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { openApp } from '../../src/app/open.ts';
import { locate } from '../../src/app/place.ts';
import { openLocal } from '../../src/client/local.ts';
import { openRemote } from '../../src/client/remote.ts';
import type { Signalbox } from '../../src/client/signalbox.ts';
import { toService } from '../../src/client/transport.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import { networkGuard } from '../../src/http/guard.ts';
import { createServer, type ServerOptions } from '../../src/http/server.ts';
import type { Role, Site } from '../../src/operations/operation.ts';
import { createTokens, digestOf, type FixedToken } from '../../src/operations/tokens.ts';
import { silentLogger } from '../../src/service/log.ts';
import { openSocket } from '../../src/service/socket.ts';
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
  configure(more?: { agent?: object; project?: string; forges?: object; takes?: object }): void;
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
  const configure: AskedData['configure'] = ({
    agent: fields = {},
    project = 'shop',
    forges = {},
    takes = {},
  } = {}) => {
    const bot = { kind: 'command', program: ['sh', allRoles, join(directory, 'journal')], ...fields };
    const config = { agents: { bot }, agent: 'bot', forges, projects: { [project]: { repository, ...takes } } };
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
    return { ...place, client: await as('admin'), as };
  },
};

/** Somebody has the data open, and records what is ordered. */
export async function openSite(place: { directory: string; dataDir: string }, more = {}): Promise<Site> {
  const here = { cwd: place.directory, env: { ...env, ...more } };
  const app = await openApp({ dataDir: place.dataDir, mode: 'commit' });
  const located = locate({ ...here, data: place.dataDir, warn: () => {} });
  return Object.assign(app, { here: { ...here, ...located } });
}

/** Asked at the data directory, while somebody has it who listens on its socket. */
const onSocket: WayOfAsking = {
  name: 'through the socket',
  async make() {
    const place = await makePlace();
    const site = await openSite(place);
    const door = await openSocket(site, silentLogger);
    onTestFinished(async () => {
      await door.close();
      await site.close();
    });
    const at = { cwd: place.directory, env, data: place.dataDir, warn: () => {} };
    const as = async (role: Role, name = 'ann') => openLocal(at, { name, role });
    return { ...place, client: await as('admin'), as };
  },
};

/** A service on a network, and a token for each who asks. */
const overHttp: WayOfAsking = {
  name: 'over HTTP',
  async make() {
    const place = await makePlace();
    const site = await openSite(place);
    const { url, token } = await openNetwork(site);
    onTestFinished(() => site.close());
    const as = async (role: Role, name = 'ann') => {
      const { carry, close } = toService(url, token(role, name));
      onTestFinished(close);
      return openRemote(carry, close);
    };
    return { ...place, client: await as('admin'), as };
  },
};

/** Serves on a free port of loopback; tokens are made as they are asked for. */
export async function openNetwork(site: Site, options: Partial<ServerOptions> = {}) {
  const fixed: FixedToken[] = [];
  const token = (role: Role, name = 'ann') => {
    const secret = `${name}-${role}-secret`;
    fixed.push({ name, role, sha256: digestOf(secret) });
    return secret;
  };
  const guard = networkGuard({
    ...createTokens(site.runtime, () => fixed),
    hosts: ['127.0.0.1', 'localhost'],
    origins: [],
  });
  const network = { requestsPerMinute: null, trustProxy: null, origins: [] };
  const server = await createServer({ site, guard, version: '1.2.3', logger: silentLogger, network, ...options });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await server.close();
  });
  return { url, token, server };
}

export const waysOfAsking = [onData, onSocket, overHttp];
