/** Smart HTTP: clone, fetch and push by `git http-backend`, and what a push has changed told to whoever wants to know. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signedIn } from './accounts.ts';
import { gitEnvironment, refsOf } from './git.ts';
import { findRepository, type RepositoryParams } from './lookup.ts';
import { type FakeAccount, type FakeRepository, mayDo, type World } from './world.ts';

/** One ref that a push has moved; null stands for not being there. */
export interface RefChange {
  ref: string;
  before: string | null;
  after: string | null;
}

export type Pushed = (repository: FakeRepository, changes: readonly RefChange[], by: FakeAccount) => Promise<void>;

export function addGitRoutes(app: FastifyInstance, world: World, pushed: Pushed): void {
  // The body goes to git as it comes.
  app.addContentTypeParser(/^application\/x-git-/, (_request, payload, done) => done(null, payload));

  const serve = async (request: FastifyRequest, reply: FastifyReply) => {
    const { owner, name } = request.params as RepositoryParams;
    const repository = findRepository(world, { owner, name: name.replace(/\.git$/, '') });
    const isPush = /git-receive-pack/.test(request.url);
    const account = signedIn(request, world);
    if (!account && (isPush || request.headers.authorization)) {
      return reply.code(401).header('www-authenticate', 'Basic realm="Gitea"').send('Unauthorized\n');
    }
    if (isPush && !mayDo(account!, repository, 'write')) return reply.code(403).send('User permission denied\n');
    reply.hijack();
    const answer = () => backend(request, reply, repository);
    if (!isPush || request.method === 'GET') return answer();
    return world.alone(repository, async () => {
      const before = await refsOf(repository.directory);
      await answer();
      await pushed(repository, changesBetween(before, await refsOf(repository.directory)), account!);
    });
  };
  app.get('/:owner/:name/info/refs', serve);
  app.post('/:owner/:name/git-upload-pack', serve);
  app.post('/:owner/:name/git-receive-pack', serve);
}

export function changesBetween(before: Map<string, string>, after: Map<string, string>): RefChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map(ref => ({ ref, before: before.get(ref) ?? null, after: after.get(ref) ?? null }))
    .filter(change => change.before !== change.after && /^refs\/(heads|tags)\//.test(change.ref));
}

/** Hands one request to git as a web server does. */
async function backend(request: FastifyRequest, reply: FastifyReply, { directory }: FakeRepository): Promise<void> {
  const [path = '', query = ''] = request.url.split('?');
  const { headers } = request;
  const child = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path.replace(/^\/[^/]+\/[^/]+/, ''),
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_USER: 'signed-in',
      ...(headers['content-length'] ? { CONTENT_LENGTH: headers['content-length'] } : {}),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const body = request.body as Readable | undefined;
  // Git may have enough before it has read everything.
  const sent = body ? pipeline(body, child.stdin).catch(() => undefined) : Promise.resolve(child.stdin.end());
  const ended = new Promise(resolve => child.on('close', resolve));
  await answerFrom(child.stdout, reply);
  await Promise.all([sent, ended]);
}

/** Writes what a CGI program says: its headers, an empty line, and the rest as the body. */
async function answerFrom(output: Readable, { raw }: FastifyReply): Promise<void> {
  let head = Buffer.alloc(0);
  let isBody = false;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (isBody) {
      raw.write(chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    isBody = true;
    const lines = head.subarray(0, end).toString('latin1').split('\r\n');
    const said = lines.map(line => /^([^:]+): ?(.*)$/.exec(line)?.slice(1) ?? ['', '']);
    const status = said.find(([key]) => key?.toLowerCase() === 'status')?.[1];
    raw.writeHead(
      status ? Number.parseInt(status, 10) : 200,
      Object.fromEntries(said.filter(([key]) => key !== 'Status')),
    );
    raw.write(head.subarray(end + 4));
  }
  if (!isBody) raw.writeHead(500);
  raw.end();
}
