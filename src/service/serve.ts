/** The service: works on the data, and answers on a network as on the socket. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { dataPaths } from '../app/data-directory.ts';
import { version } from '../app/version.ts';
import { isWorkedOn, type LocalSignalbox } from '../client/local.ts';
import type { Environment, LoadedConfig } from '../config/load.ts';
import type { Config, ServeConfig } from '../config/schema.ts';
import { SignalboxError } from '../domain/errors.ts';
import { isLoopback } from '../domain/loopback.ts';
import type { Role } from '../domain/role.ts';
import { ownIdentity } from '../host/process-identity.ts';
import { addDocs } from '../http/docs.ts';
import { networkGuard } from '../http/guard.ts';
import { addInspector } from '../http/inspector/routes.ts';
import { addMetrics } from '../http/metrics.ts';
import { addPage } from '../http/page/routes.ts';
import { createServer, type ServerOptions } from '../http/server.ts';
import { addSession } from '../http/session.ts';
import { addWebhooks } from '../http/webhooks.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createInspector } from '../operations/inspector/inspector.ts';
import { warmCharts } from '../operations/machine-chart.ts';
import { createTokens, digestOf, type FixedToken } from '../operations/tokens.ts';
import { createReceiver } from '../operations/webhook.ts';
import type { Logger } from './log.ts';
import { openWorking, type Working, type WorkNews } from './working.ts';

export interface ServeOptions {
  /** Instead of what the configuration says. */
  host?: string | undefined;
  port?: number | undefined;
  env: Environment;
  logger: Logger;
  news: WorkNews;
  /** Told of each configuration that comes into force, before anything is done by it. */
  onConfiguration?(config: Config): void;
  /** Where the usual ones are too long to be waited for. */
  times?: ServerOptions['times'];
}

export interface Service {
  /** Where it listens: `http://127.0.0.1:8500`. */
  url: string;
  dataDir: string;
  projects: string[];
  /** No new requests; those under way finish. Agents go on, unless they are to be stopped after a checkpoint. */
  close(options: { stopAgents: boolean }): Promise<void>;
}

/** Opens everything. Throws before anything is opened what keeps it from serving. */
export async function startService(local: LocalSignalbox, options: ServeOptions): Promise<Service> {
  const { env, logger, news } = options;
  const { config } = await local.here.configuration();
  const { host = config.serve.host, port = config.serve.port } = options;
  const paths = dataPaths(await local.here.dataDir());
  const isBeyond = !isLoopback(host) || isBehindProxy(config.serve);
  if (isBeyond && fixedTokens(config.serve, env).length === 0 && !(await hasTokens(local))) throw openDoor(host);
  await refuseTakenPort(host, port).catch(async error => {
    // Who listens there works on this data: opening it says so, and names the process.
    if (!(await isWorkedOn(local.here))) throw error;
  });

  const metrics = createMetrics({ version: version(), onFault: error => logger.warn({ err: error }, 'not counted') });
  const identity = { name: 'service', role: 'admin' } as const;
  const withPlace = (loaded: LoadedConfig): LoadedConfig => ({
    ...loaded,
    config: { ...loaded.config, serve: { ...loaded.config.serve, host, port } },
  });
  const working = await openWorking(local, identity, { ...news, logger, watch: metrics }, withPlace);
  try {
    metrics.attach(working.site);
    const server = await serverFor(working, { metrics, host, isBeyond, config: config.serve, options });
    const url = await listen(server, host, port);
    const address = `${JSON.stringify({ url, ...ownIdentity() })}\n`;
    writeFileSync(paths.service, address, { mode: 0o600 });
    return {
      url,
      dataDir: paths.dataDir,
      projects: Object.keys(config.projects),
      async close({ stopAgents }) {
        withdraw(paths.service, address);
        await server.close();
        if (stopAgents) await working.interrupt('signalbox serve');
        await working.close();
        metrics.close();
      },
    };
  } catch (error) {
    await working.close();
    metrics.close();
    throw error;
  }
}

interface Serving {
  metrics: Metrics;
  host: string;
  /** Whether others than programs of this machine can reach it. */
  isBeyond: boolean;
  config: ServeConfig;
  options: ServeOptions;
}

/** The server of the network, with everything that it answers beside the operations. */
async function serverFor(
  working: Working,
  { metrics, host, isBeyond, config, options: { env, logger, times, onConfiguration } }: Serving,
): Promise<FastifyInstance> {
  const { site } = working;
  let inForce = (await working.site.here.configuration()).config;
  working.onConfiguration(next => {
    onConfiguration?.(next.config);
    inForce = next.config;
  });
  const tokens = createTokens(site.runtime, () => fixedTokens(inForce.serve, env));
  const { origins, requestsPerMinute, trustProxy, publicUrl } = config;
  const guard = networkGuard({
    ...tokens,
    // Also when the last token goes.
    isGuarded: async () => isBeyond || tokens.isGuarded(),
    hosts: namesOf(host, publicUrl),
    origins,
    roleWithout: () => roleOfPrograms(inForce),
  });
  return createServer({
    site,
    guard,
    version: version(),
    logger,
    network: { origins, requestsPerMinute, trustProxy },
    watch: {
      onRequest: request => metrics.observeRequest(request),
      onReader: (_, by) => metrics.clients('sse', by),
    },
    async more(it) {
      await addDocs(it, version());
      addSession(it, guard);
      // Whoever opens the page looks at a chart soon.
      await addPage(it, () => void warmCharts(site));
      addMetrics(it, metrics);
      const onViewer = (by: 1 | -1) => metrics.clients('websocket', by);
      await addWebhooks(it, createReceiver(site));
      await addInspector(it, { inspector: createInspector(site), onViewer });
    },
    ...(times && { times }),
  });
}

/** Answers where it listens, as others have to write it: all addresses of a machine have no name of their own. */
async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  // By that name fastify opens a second server, for whose connections nobody waits and which nobody closes.
  const url = await server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  return host === '0.0.0.0' ? url.replace('127.0.0.1', host) : url;
}

/**
 * Without a token programs of this machine may order. Where an agent is kept from the data by a sandbox, it is kept from
 * that too: it would approve its own work.
 */
function roleOfPrograms({ agents }: Config): Role {
  return Object.values(agents).some(({ sandbox }) => sandbox.driver !== 'none') ? 'viewer' : 'operator';
}

/** Removes the file that says where the service is, unless another one has written it since. */
function withdraw(file: string, address: string): void {
  try {
    if (readFileSync(file, 'utf8') === address) rmSync(file);
  } catch {
    // Somebody else has removed it.
  }
}

/** Tokens that are not kept with the data. */
function fixedTokens({ tokens }: ServeConfig, { SIGNALBOX_API_TOKEN: own = '' }: Environment): FixedToken[] {
  const named = Object.entries(tokens).map(([name, token]) => ({ name, ...token }));
  return own === '' ? named : [{ name: 'api', role: 'admin', sha256: digestOf(own) }, ...named];
}

async function hasTokens(local: LocalSignalbox): Promise<boolean> {
  const { items } = await local.ask('token.list', {}).catch(() => ({ items: [] }));
  return items.some(({ holds }) => holds);
}

/** What comes from a proxy comes from anywhere. */
const isBehindProxy = ({ publicUrl, trustProxy }: ServeConfig) =>
  trustProxy !== null || (publicUrl !== null && !isLoopback(new URL(publicUrl).hostname));

function openDoor(host: string): SignalboxError {
  const where = isLoopback(host) ? 'Behind a proxy' : `On ${host}`;
  const why = `${where} everybody who reaches this machine could order work: nothing is served there without a token.`;
  const instead = isLoopback(host) ? 'leave `serve.publicUrl` and `serve.trustProxy` out' : 'give 127.0.0.1';
  return new SignalboxError('invalid', 'openDoor', why, {
    remedy: {
      say: `set SIGNALBOX_API_TOKEN, make a token with "signalbox token create", or ${instead}`,
      ...(!isLoopback(host) && { field: 'host' }),
    },
  });
}

/** Found out before any agent is started. */
async function refuseTakenPort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const probe = createTcpServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): SignalboxError {
  const words: Record<string, string> = {
    EADDRINUSE: 'another service listens there',
    EACCES: 'the system does not allow it',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no such name',
  };
  const why = `Nothing can listen on ${host}:${port}: ${words[error.code ?? ''] ?? error.message}.`;
  return new SignalboxError('unavailable', 'portTaken', why, {
    remedy: {
      say: 'give another one',
      field: error.code === 'EADDRINUSE' || error.code === 'EACCES' ? 'port' : 'host',
    },
    cause: error,
  });
}

/** The names by which browsers of this machine reach it. */
function namesOf(host: string, publicUrl: string | null): string[] {
  const own = isIP(host) === 6 ? `[${host}]` : host;
  const named = publicUrl === null ? [] : [new URL(publicUrl).hostname];
  return [...new Set(['localhost', '127.0.0.1', '[::1]', own, ...named])];
}
