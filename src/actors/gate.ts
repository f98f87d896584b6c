/** Looks at one gate: it looks for itself and answers with a verdict; it never takes the agent's word. */
import { join } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { messageOf } from '../domain/errors.ts';
import type { Hook } from '../domain/hook.ts';
import { refOf } from '../domain/names.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import type { TestCommand } from '../domain/test-command.ts';
import type { ProcessJob } from '../host/supervised-process.ts';
import type { Forge } from '../integrations/forge.ts';
import { isPassing, OutsideError } from '../integrations/outside.ts';
import type { Looked } from '../machines/gate.ts';
import type { CommandGate, Gate } from '../machines/pipeline.ts';
import { type AtForge, type Baseline, documentsOf } from '../machines/task/context.ts';
import { judgeArtifacts } from './gates/artifacts.ts';
import { judgeCi } from './gates/ci.ts';
import { judgeCommand, judgeTarget } from './gates/command.ts';
import { documentsAt } from './gates/documents.ts';
import { judgePaths } from './gates/paths.ts';
import type { CommandPlace, Target } from './gates/place.ts';
import { judgePullRequestReview } from './gates/pull-request-review.ts';
import { judgeVerdict } from './gates/verdict.ts';
import { type Git, gitIn } from './git.ts';
import { inside } from './paths.ts';
import { resolveCommit } from './refs.ts';

export interface JudgeInput {
  gate: Gate;
  taskId: string;
  project: string;
  repository: string;
  workItem: string;
  branch: string;
  target: string;
  /** That of the agent whose work is judged: commands run on what it has written. */
  sandbox: SandboxSpec;
  /** Names of variables that the agent is given: what it has tested with them is judged with them. */
  env?: string[];
  /** What a fresh checkout needs, and what else makes one ready; absent in gates that began with an earlier version. */
  setUp?: SetUpRule;
  hook?: Hook | null;
  /** The hook, as gates have it that began with an earlier version. */
  setup?: Hook | null;
  /** How the project is tested, where it says so itself. */
  tests?: TestCommand[];
  /** Where the repository is for everybody; null for a local one alone. */
  forge: AtForge | null;
  /** The commit that was published. */
  head: string;
  /** The commit of the target on which the task began. Absent in gates that began with an earlier version. */
  base?: string;
  job: ProcessJob;
}

/** What a gate may need beside the repository. */
export interface Judging {
  runsDir: string;
  /** Where its clean checkout is made. */
  checkoutsDir: string;
  /** What set-ups have made, and what commands came to on targets. */
  cacheDir: string;
  forgeOf(name: string): Promise<Forge>;
}

/** The same for what needs no forge. */
type JudgingHere = Omit<Judging, 'forgeOf'>;

/** Judges a gate. One that breaks down has no opinion: it is inconclusive, never a pass. */
export async function judgeGate(
  input: JudgeInput,
  { forgeOf, ...judging }: Judging,
  signal: AbortSignal,
): Promise<Looked> {
  const { gate } = input;
  const began = performance.now();
  const isElsewhere = gate.kind === 'ci' || gate.kind === 'pullRequestReview';
  const looking = isElsewhere ? judgeAtForge(gate, input, forgeOf) : judge(gate, input, { ...judging, signal });
  const looked = await looking.catch(
    (error: unknown): Looked => ({
      gate: gate.name,
      verdict: 'inconclusive',
      detail: `the gate could not be judged: ${messageOf(error)}`,
    }),
  );
  return { ...looked, durationMs: Math.round(performance.now() - began) };
}

type ForgeGate = Extract<Gate, { kind: 'ci' | 'pullRequestReview' }>;

/** A forge that is away is waited for, as one that has not decided yet. */
export async function judgeAtForge(
  gate: ForgeGate,
  { forge: at, branch, head }: Pick<JudgeInput, 'forge' | 'branch' | 'head'>,
  forgeOf: Judging['forgeOf'],
): Promise<Looked> {
  if (at === null) {
    const detail = 'the project is at no forge that could tell; configure `forge` and `remote` of the project';
    return { gate: gate.name, verdict: 'inconclusive', detail };
  }
  try {
    const forge = await forgeOf(at.name);
    const place = { at, branch, head };
    return gate.kind === 'ci' ? await judgeCi(gate, place, forge) : await judgePullRequestReview(gate, place, forge);
  } catch (error) {
    if (!(error instanceof OutsideError && isPassing(error))) throw error;
    return { gate: gate.name, verdict: 'pending', detail: `waits for the forge ${at.name}: ${error.message}` };
  }
}

async function judge(
  gate: Exclude<Gate, ForgeGate>,
  input: JudgeInput,
  judging: JudgingHere & { signal: AbortSignal },
): Promise<Looked> {
  const { repository, workItem, head } = input;
  const git = gitIn(repository);
  const target = () => targetOf(git, input);
  switch (gate.kind) {
    case 'artifacts':
      return judgeArtifacts(gate, await documentsAt(git, head, documentsOf(workItem)));
    case 'verdict':
      return judgeVerdict(gate, await documentsAt(git, head, documentsOf(workItem)));
    case 'command':
      return judgeCommand(gate, { ...commandPlace(input, judging), head, target: await target() });
    case 'paths':
      return judgePaths(gate, git, { head, target: await target() });
    case 'approval':
      return { gate: gate.name, verdict: 'inconclusive', detail: 'only a person can approve' };
  }
}

/** By `git rev-parse A...B`: the commits of B and A, and behind `^` where they have parted (gitrevisions(7), "Symmetric Difference"). */
async function targetOf(git: Git, { target: name, forge, head, base: begun }: JudgeInput): Promise<Target> {
  const tip = await resolveCommit(git, refOf(name, forge?.name));
  // What is published has that, always.
  if (tip !== undefined && tip === begun) return { name, commit: tip, base: tip };
  const { code, stdout } = await git.result(['rev-parse', `${refOf(name, forge?.name)}^{commit}...${head}`]);
  if (code !== 0) return { name, commit: undefined, base: undefined };
  const [, commit, base] = stdout.trim().split('\n');
  return { name, commit, base: base?.slice(1) };
}

/** Where a command runs, and what it may use. */
function commandPlace(
  input: Omit<JudgeInput, 'head'>,
  { checkoutsDir, runsDir, cacheDir, signal }: JudgingHere & { signal: AbortSignal },
): Omit<CommandPlace, 'head' | 'target'> {
  const { taskId, project, repository, branch, sandbox, gate, job } = input;
  const { env = [], setUp = 'none', hook = input.setup ?? null, tests = [] } = input;
  // Each gate has a checkout of its own: what one of them leaves is nothing that another finds.
  const directory = inside(checkoutsDir, join(project, taskId, gate.name));
  const place = { taskId, repository, branch, directory, runId: job.ref, job };
  return { ...place, runsDir, cacheDir, signal, sandbox, env, setUp, hook, tests };
}

export type BaselineInput = Omit<JudgeInput, 'gate' | 'head' | 'sandbox' | 'env'> & {
  /** Each as the agent of its stage is. */
  gates: { gate: CommandGate; sandbox: SandboxSpec; env: string[] }[];
  /** The commit on which the task begins. */
  base: string;
};

/** What the commands of gates come to before anything was changed. */
export async function judgeBaseline(
  { gates, base, ...input }: BaselineInput,
  judging: JudgingHere,
  signal: AbortSignal,
): Promise<Baseline> {
  const reports: Baseline['reports'] = [];
  for (const { gate, sandbox, env } of gates) {
    const place = commandPlace({ ...input, gate, sandbox, env }, { ...judging, signal });
    const target = { name: input.target, commit: base, base };
    reports.push(await judgeTarget(gate, { ...place, runId: `${input.job.ref}-${gate.name}`, head: base, target }));
  }
  return { reports };
}
