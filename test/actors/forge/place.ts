/** A fake forge with a repository, a local repository of the same history, and a task at work in it. */
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { prepareWorkspace } from '../../../src/actors/workspace.ts';
import { createGiteaForge } from '../../../src/integrations/forges/gitea.ts';
import type { AtForge } from '../../../src/machines/task/context.ts';
import { startFakeGitea } from '../../../src/testing/forges/gitea.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { git, published, write } from '../repository.ts';

export const remote = 'acme/app';
export const firstFiles = { 'README.md': 'An app.\n', 'src/code.txt': 'one\ntwo\nthree\n' };

export type ForgePlace = Awaited<ReturnType<typeof startForge>>;

export async function startForge() {
  const directory = temporaryDirectory();
  const { fake, bare } = await startAt(directory);
  const clientOf = (login: string) =>
    createGiteaForge({
      ...{ name: 'home', url: fake.url, token: fake.tokenOf(login) },
      mergePatience: { tries: 2, pauseMs: 1 },
    });
  const repository = join(directory, 'project');
  git(directory, 'clone', '--quiet', bare, repository);
  git(repository, 'remote', 'remove', 'origin');
  const forge = clientOf('bot');
  const relays = join(directory, 'data/forges');
  return {
    fake,
    forge,
    clientOf,
    directory,
    repository,
    relays,
    /** The repository as it lies on the server. */
    bare,
    around: { forge, relays },
    place: { directory: relays, forge, remote, repository },
    tipOf: (branch: string) => git(bare, 'rev-parse', `refs/heads/${branch}`),
    branches: () => git(bare, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n'),
    /** What somebody does at the forge, over its API. */
    async ask<T>(login: string, method: string, path: string, body?: object): Promise<T> {
      const response = await fetch(`${fake.url}/api/v1/repos/${remote}${path}`, {
        method,
        headers: { authorization: `token ${fake.tokenOf(login)}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    /** Has the server refuse every push, in these words. */
    refusePushes(words: string) {
      const hook = join(bare, 'hooks/pre-receive');
      writeFileSync(hook, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`);
      chmodSync(hook, 0o755);
    },
  };
}

/** Starts the fake with its repositories inside a directory, so that a test can look at what lies on the server. */
async function startAt(directory: string) {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  const fake = await startFakeGitea({ accounts: ['root', 'bot', 'maria', 'noor'], organisations: ['acme'] });
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  onTestFinished(fake.close);
  await fake.createRepository(remote, firstFiles, { bot: 'write', maria: 'write', noor: 'write' });
  const root = join(directory, readdirSync(directory).find(name => name.startsWith('fake-gitea-'))!);
  return { fake, bare: join(root, readdirSync(root)[0]!) };
}

export const asDeveloper = { stage: 'development', role: 'developer', questions: null, objection: null };

/** A task at that forge, with its worktree. */
export async function startTask(place: ForgePlace, options: { title?: string; body?: string } = {}) {
  const { directory, repository } = place;
  const { title = 'Add it', body = 'It is missing.' } = options;
  const task = {
    ...{ taskId: 'task-1', project: 'app', hook: null, repository, target: 'main', workItem: 'ET-1' },
    worktree: join(directory, 'worktrees/task-1'),
    branch: 'signalbox/ET-1',
  };
  await prepareWorkspace({ ...task, base: '', head: '', stale: [] });
  const at: AtForge = { name: 'home', repository: remote, pullRequest: null, commentId: null };
  return {
    ...task,
    at,
    /** Publishes these files as an agent has left them. Answers what pushing takes. */
    async publish(files: Record<string, string>) {
      write(task.worktree, files);
      const { head } = await published({ ...task, ...asDeveloper, title });
      return { ...task, title, body, head, forge: at };
    },
  };
}

/** A server that nobody should ask: it notes whoever does. */
export async function startListener() {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    response.writeHead(200, { 'content-type': 'text/plain' }).end();
  });
  // A proxy is asked to connect.
  server.on('connect', (request, socket) => {
    heard.push(`CONNECT ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
