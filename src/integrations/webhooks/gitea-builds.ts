/** What the builders of Gitea and Forgejo say of their runs and jobs. */
import { actionRunPayload, workflowJobPayload, workflowRunPayload } from './gitea-fields.ts';
import { basisOf } from './hub.ts';
import { echo } from './people.ts';
import { type Reader, readerOf, reading, unfit } from './reading.ts';

/** Until it has ended a run has no outcome. */
export const outcome = (action: string, conclusion: string | null | undefined) =>
  action === 'completed' ? (conclusion ?? null) : 'pending';

const readRun: Reader = readerOf(workflowRunPayload, (payload, own) => {
  const { action, workflow, workflow_run: run } = payload;
  return reading('ci_run', {
    ...basisOf(payload, own),
    action,
    branch: run.head_branch ?? null,
    sha: run.head_sha,
    ci: outcome(action, run.conclusion),
    context: workflow?.name,
    url: run.html_url,
    head_repo: run.head_repository?.full_name,
    from_fork: run.head_repository ? run.head_repository.full_name !== payload.repository.full_name : undefined,
  });
});

const readJob: Reader = readerOf(workflowJobPayload, (payload, own) => {
  const { action, workflow_job: job } = payload;
  return reading('ci_job', {
    ...basisOf(payload, own),
    action,
    branch: job.head_branch ?? null,
    sha: job.head_sha,
    ci: outcome(action, job.conclusion),
    context: job.name,
    url: job.html_url,
  });
});

/** With Forgejo the event is the outcome. The headers are not signed: the state of the run has to say the same. */
const readActionRun = (ci: 'success' | 'failure'): Reader =>
  readerOf(actionRunPayload, (payload, own) => {
    const { run, action } = payload;
    const repository = payload.repository ?? run.repository;
    const actor = payload.sender ?? run.trigger_user;
    if (!repository) return unfit(['repository']);
    if ((run.status === 'success') !== (ci === 'success')) return unfit(['run', 'status']);
    return reading('ci_run', {
      repo: repository.full_name,
      actor: actor?.login ?? null,
      ...echo(own, actor),
      action,
      // Of a pull request it shows the number.
      branch: run.prettyref?.startsWith('#') ? null : (run.prettyref ?? null),
      sha: run.commit_sha,
      ci,
      context: run.workflow_id ?? run.title,
      url: run.html_url,
      from_fork: run.is_fork_pull_request ?? undefined,
    });
  });

export const giteaBuilds: readonly (readonly [string, Reader])[] = [
  ['workflow_run', readRun],
  ['workflow_job', readJob],
  ['action_run_success', readActionRun('success')],
  ['action_run_recover', readActionRun('success')],
  ['action_run_failure', readActionRun('failure')],
];
