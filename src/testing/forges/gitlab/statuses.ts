/** Jobs, statuses from outside and pipelines of a fake GitLab. */
import { whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import { shaOf } from '../gitea/git.ts';
import { bodyOf, paramOf, queryOf } from '../request.ts';
import { branchesAt } from '../stock.ts';
import { type FakeJob, type GitlabServer, missing, page, project, projectOf } from './server.ts';
import { jobShape, userShape } from './shapes.ts';

const events: Readonly<Record<string, string>> = {
  pending: 'enqueue',
  running: 'run',
  success: 'success',
  failed: 'drop',
  canceled: 'cancel',
  skipped: 'skip',
};
const going = ['pending', 'running'];

export function addStatusRoutes(server: GitlabServer): void {
  const { app, world, jobs } = server;

  app.get(`${project}/repository/commits/:sha/statuses`, async (request, reply) => {
    const { id, directory } = projectOf(request, world);
    const sha = await commitOf(directory, paramOf(request, 'sha'));
    const { all, name } = queryOf(request);
    const found = jobs.filter(job => job.projectId === id && job.sha === sha && (!name || job.name === name));
    const newest = [...Map.groupBy(found, job => `${job.name} ${job.pipelineId}`).values()].map(of => of.at(-1)!);
    return page(request, reply, (all === 'true' ? found : newest).map(jobShape));
  });

  app.post(`${project}/statuses/:sha`, async (request, reply) => {
    const repository = projectOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const sha = await commitOf(repository.directory, paramOf(request, 'sha'));
    const asked = bodyOf(request) as Record<string, string | undefined>;
    const job = changed(server, { projectId: repository.id, sha }, asked);
    server.tell(repository, 'pipeline_events', {
      object_kind: 'pipeline',
      user: userShape(by),
      object_attributes: {
        ...{ id: job.pipelineId, sha, status: job.status, tag: false, source: 'external' },
        ref: (await branchesAt(repository, sha))[0] ?? sha,
      },
    });
    reply.code(201);
    return jobShape(job);
  });

  app.get(`${project}/pipelines`, (request, reply) => {
    const { id } = projectOf(request, world);
    const { sha } = queryOf(request);
    const found = server.pipelines.filter(it => it.projectId === id && (!sha || it.sha === sha));
    return page(request, reply, found.toReversed());
  });
}

async function commitOf(directory: string, ref: string): Promise<string> {
  const sha = await shaOf(directory, ref);
  if (!sha) throw missing('Commit');
  return sha;
}

/** What is still going is changed where it is, and only forwards; what has ended is followed by a new one. */
function changed(
  { world, jobs }: GitlabServer,
  commit: Pick<FakeJob, 'projectId' | 'sha'>,
  asked: Record<string, string | undefined>,
): FakeJob {
  const { state = '', name = 'default', description, target_url } = asked;
  const event = events[state];
  if (!event) throw new Refusal(400, 'state does not have a valid value');
  const words = { status: state, description: description ?? null, targetUrl: target_url ?? null };
  const last = jobs.findLast(
    job =>
      job.projectId === commit.projectId && job.sha === commit.sha && job.name === name && going.includes(job.status),
  );
  if (last) {
    const isBackwards = going.indexOf(state) >= 0 && going.indexOf(state) <= going.indexOf(last.status);
    if (isBackwards) throw new Refusal(400, `Cannot transition status via :${event} from :${last.status}`);
    return Object.assign(last, words);
  }
  const job = { ...words, ...commit, id: world.nextId(), name, mayFail: false, pipelineId: 0 };
  jobs.push(job);
  return job;
}
