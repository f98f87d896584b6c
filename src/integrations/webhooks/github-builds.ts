/** What GitHub says of checks, workflows and jobs. */
import { checkRunPayload, checkSuitePayload, workflowJobPayload, workflowRunPayload } from './github-fields.ts';
import { basisOf } from './hub.ts';
import { type Reader, readerOf, reading } from './reading.ts';

interface Build {
  head_sha: string;
  conclusion?: string | null | undefined;
  html_url?: string | null | undefined;
}

/** Where a build stands: until it has ended it has no outcome. */
const standing = (action: string, build: Build) => ({
  action,
  sha: build.head_sha,
  ci: action === 'completed' ? (build.conclusion ?? null) : 'pending',
  url: build.html_url,
});

const readCheckSuite: Reader = readerOf(checkSuitePayload, (payload, own) => {
  const { action, check_suite: suite } = payload;
  return reading('ci_run', {
    ...basisOf(payload, own),
    ...standing(action, suite),
    branch: suite.head_branch ?? null,
    context: suite.app?.name,
  });
});

const readCheckRun: Reader = readerOf(checkRunPayload, (payload, own) => {
  const { action, check_run: run } = payload;
  return reading('ci_job', {
    ...basisOf(payload, own),
    ...standing(action, run),
    branch: run.check_suite?.head_branch ?? null,
    context: run.name,
  });
});

const readWorkflowRun: Reader = readerOf(workflowRunPayload, (payload, own) => {
  const { action, workflow_run: run } = payload;
  return reading('ci_run', {
    ...basisOf(payload, own),
    ...standing(action, run),
    branch: run.head_branch ?? null,
    context: run.name,
    head_repo: run.head_repository?.full_name,
    from_fork: run.head_repository ? run.head_repository.full_name !== payload.repository.full_name : undefined,
  });
});

/** Jobs name their branch only since some time; their run does, and the commit is what counts. */
const readWorkflowJob: Reader = readerOf(workflowJobPayload, (payload, own) => {
  const { action, workflow_job: job } = payload;
  return reading('ci_job', { ...basisOf(payload, own), ...standing(action, job), context: job.name });
});

export const githubBuilds: readonly (readonly [string, Reader])[] = [
  ['check_suite', readCheckSuite],
  ['check_run', readCheckRun],
  ['workflow_run', readWorkflowRun],
  ['workflow_job', readWorkflowJob],
];
