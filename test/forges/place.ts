/** The application at a forge: real processes, real git, and a Gitea that is the fake one or a real one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { openLocal } from '../../src/client/local.ts';
import { addWebhooks } from '../../src/http/webhooks.ts';
import { createReceiver } from '../../src/operations/webhook.ts';
import { createLogger } from '../../src/service/log.ts';
import { openWorking } from '../../src/service/working.ts';
import { startFakeGitea } from '../../src/testing/forges/gitea.ts';
import { openNetwork } from '../client/data.ts';
import { type GiteaPlace, giteaPlace, type Server } from '../integrations/forges/gitea-place.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const example = fileURLToPath(new URL('../../examples/gitea/', import.meta.url));
const agent = fileURLToPath(new URL('../fixtures/agent-at-forge.sh', import.meta.url));

export const webhookSecret = 'with-which-webhooks-are-signed';

export interface GiteaServer {
  name: string;
  /** Whether it sends webhooks for statuses: Gitea before 1.23 and Forgejo do not. */
  tellsStatuses: boolean;
  skip: boolean;
  open(): Promise<Server>;
}

const fake: GiteaServer = {
  name: 'the fake Gitea',
  tellsStatuses: true,
  skip: false,
  async open() {
    const gitea = await startFakeGitea({ accounts: ['root', 'signalbox-bot', 'maria'], organisations: ['acme'] });
    return {
      url: gitea.url,
      tokens: { bot: gitea.tokenOf('signalbox-bot'), reviewer: gitea.tokenOf('maria'), admin: gitea.tokenOf('root') },
      owner: 'acme',
      patience: { tries: 2, pauseMs: 1 },
      close: gitea.close,
    };
  },
};

const real = ['GITEA', 'GITEA_OLD', 'FORGEJO'].map((server): GiteaServer => {
  const given = (what: string) => process.env[`SIGNALBOX_TEST_${server}_${what}`] ?? '';
  return {
    name: `a real ${server.toLowerCase()}`,
    tellsStatuses: server === 'GITEA',
    skip: given('URL') === '',
    open: async () => ({
      url: given('URL'),
      tokens: { bot: given('TOKEN'), reviewer: given('REVIEWER_TOKEN'), admin: given('ADMIN_TOKEN') },
      owner: 'acme',
      patience: { tries: 30, pauseMs: 250 },
      close: async () => {},
    }),
  };
});

/** The fake always, real ones where the environment names them. */
export const giteaServers: readonly GiteaServer[] = [fake, ...real];

export const shop = {
  'README.md': '# Shop\n',
  'total.sh': 'echo "$1"\n',
  'test.sh': 'test "$(sh total.sh 3 2)" = 6\n',
};

export type ForgePlace = Awaited<ReturnType<typeof openForgePlace>>;

/** A repository at the forge with a clone of it, and a configuration for it; nobody works there yet. */
export async function openForgePlace(server: GiteaServer, files: Readonly<Record<string, string>> = shop) {
  const opened = await server.open();
  onTestFinished(opened.close);
  const gitea = await giteaPlace(opened);
  const remote = await gitea.people.makeRepository(files);
  const directory = temporaryDirectory();
  const repository = join(directory, 'shop');
  await clone(gitea, remote, repository);
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    GITEA_TOKEN: opened.tokens.bot,
    GITEA_WEBHOOK_SECRET: webhookSecret,
  };
  const journal = join(directory, 'journal');
  const reviewer = await loginOf(opened.url, opened.tokens.reviewer);
  const pipeline = readFileSync(join(example, 'pipeline.yaml'), 'utf8');
  writeFileSync(join(directory, 'pipeline.yaml'), pipeline.replace('people: [maria]', `people: [${reviewer}]`));
  const configure = (more: object = {}) => {
    const from = (name: string) => `\${${name}}`;
    const home = {
      ...{ kind: 'gitea', url: opened.url, token: from('GITEA_TOKEN') },
      webhookSecret: from('GITEA_WEBHOOK_SECRET'),
    };
    const config = {
      forges: { home },
      agents: { bot: { kind: 'command', program: ['sh', agent, journal] } },
      agent: 'bot',
      pipeline: './pipeline.yaml',
      projects: { shop: { repository: './shop', target: 'main', prefix: 'ET', forge: 'home', remote } },
      ...more,
    };
    writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  };
  configure();
  const dataDir = join(directory, 'data');
  const at = { cwd: directory, env, data: dataDir, warn: () => {} };
  return {
    ...{ gitea, remote, directory, repository, dataDir, journal, env, configure, at, url: opened.url },
    /** A command line of its own each time: it reads the configuration as it is then. */
    get client() {
      return openLocal(at, { name: 'ann', role: 'admin' });
    },
  };
}

async function loginOf(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/user`, { headers: { authorization: `token ${token}` } });
  return ((await answer.json()) as { login: string }).login;
}

/** A clone as people have one: without anything of the account that made it. */
export async function clone({ forge }: GiteaPlace, remote: string, directory: string): Promise<void> {
  const { username, password } = forge.credentials;
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
  await execa('git', ['clone', '--quiet', forge.cloneUrl(remote), directory], { env });
}

/** Works there, and is asked over HTTP; answers too what its log says. */
export async function workAt({ at }: ForgePlace) {
  const lines: string[] = [];
  const out = { write: (line: string) => lines.push(line) };
  const logger = await createLogger({ level: 'debug', isReadable: false, secrets: () => [], out });
  const identity = { name: 'service', role: 'admin' } as const;
  const working = await openWorking(openLocal(at, identity), identity, {
    note: text => logger.info(text),
    warn: text => logger.warn(text),
    onTakenOver: () => {},
    onEntry: entry => logger.debug(entry, entry.type),
    logger,
  });
  onTestFinished(() => working.close());
  const { url, token } = await openNetwork(working.site, {
    logger,
    more: server => addWebhooks(server, createReceiver(working.site)),
  });
  const authorization = `Bearer ${token('admin')}`;
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer as T;
  };
  return { working, ask, lines, url };
}
