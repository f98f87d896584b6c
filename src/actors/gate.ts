/** Looks at one gate: it looks for itself and answers with a verdict; it never takes the agent's word. */
import { join } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { messageOf } from '../domain/errors.ts';
import type { Forge } from '../integrations/forge.ts';
import { isPassing, OutsideError } from '../integrations/outside.ts';
import type { Looked } from '../machines/gate.ts';
import type { Gate } from '../machines/pipeline.ts';
import { type AtForge, documentsOf } from '../machines/task/context.ts';
import { judgeArtifacts } from './gates/artifacts.ts';
import { judgeCi } from './gates/ci.ts';
import { judgeCommand } from './gates/command.ts';
import type { GatePlace } from './gates/place.ts';
import { judgePullRequestReview } from './gates/pull-request-review.ts';
import { judgeVerdict } from './gates/verdict.ts';
import { inside } from './paths.ts';

export interface JudgeInput {
  gate: Gate;
  taskId: string;
  worktree: string;
  workItem: string;
  branch: string;
  /** That of the agent whose work is judged: commands run on what it has written. */
  sandbox: SandboxSpec;
  /** Where the repository is for everybody; null for a local one alone. */
  forge: AtForge | null;
  /** The commit that was published. */
  head: string;
  job: { ref: string };
}

/** What a gate may need beside the worktree. */
export interface Judging {
  runsDir: string;
  forgeOf(name: string): Promise<Forge>;
}

/** Judges a gate. One that breaks down has no opinion: it is inconclusive, never a pass. */
export async function judgeGate(
  input: JudgeInput,
  { runsDir, forgeOf }: Judging,
  signal: AbortSignal,
): Promise<Looked> {
  const { gate, taskId, worktree, workItem, branch, sandbox, job } = input;
  const began = performance.now();
  const place = {
    worktree,
    documents: join(worktree, documentsOf(workItem)),
    runDir: inside(runsDir, job.ref),
    runId: job.ref,
    taskId,
    branch,
    sandbox,
    job: job.ref,
    signal,
  };
  const isElsewhere = gate.kind === 'ci' || gate.kind === 'pullRequestReview';
  const looking = isElsewhere ? judgeAtForge(gate, input, forgeOf) : judge(gate, place);
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
async function judgeAtForge(
  gate: ForgeGate,
  { forge: at, branch, head }: JudgeInput,
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

async function judge(gate: Exclude<Gate, ForgeGate>, place: GatePlace): Promise<Looked> {
  inside(place.worktree, place.documents);
  switch (gate.kind) {
    case 'artifacts':
      return judgeArtifacts(gate, place);
    case 'verdict':
      return judgeVerdict(gate, place);
    case 'command':
      return judgeCommand(gate, place);
    case 'approval':
      return { gate: gate.name, verdict: 'inconclusive', detail: 'only a person can approve' };
  }
}
