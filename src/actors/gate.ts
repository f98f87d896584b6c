/** The gates of a stage: each looks for itself and answers with a verdict; none takes the agent's word. */
import { join } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { messageOf } from '../domain/errors.ts';
import type { GateReport } from '../domain/verdict.ts';
import type { Gate } from '../machines/pipeline.ts';
import { documentsOf, type Judged } from '../machines/task-context.ts';
import { readDocument } from './document.ts';
import { judgeArtifacts } from './gates/artifacts.ts';
import { judgeCommand } from './gates/command.ts';
import type { GatePlace } from './gates/place.ts';
import { judgeVerdict } from './gates/verdict.ts';
import { inside } from './paths.ts';

export interface GatesInput {
  taskId: string;
  worktree: string;
  workItem: string;
  branch: string;
  /** That of the agent whose work is judged: commands run on what it has written. */
  sandbox: SandboxSpec;
  gates: Gate[];
  questions: string | null;
  objection: string | null;
  job: { ref: string };
}

const longestText = 4_000;

/** Judges every gate of a stage, and looks for the files by which an agent asks or objects. */
export async function judgeGates(input: GatesInput, runsDir: string, signal: AbortSignal): Promise<Judged> {
  const documents = join(input.worktree, documentsOf(input.workItem));
  const reports: GateReport[] = [];
  const durationsMs: Record<string, number> = {};
  for (const gate of input.gates) {
    const runId = `${input.job.ref}-${gate.name}`;
    const runDir = inside(runsDir, runId);
    const place = {
      worktree: input.worktree,
      documents,
      runDir,
      runId,
      taskId: input.taskId,
      branch: input.branch,
      sandbox: input.sandbox,
      job: input.job.ref,
      signal,
    };
    const began = performance.now();
    reports.push(await judge(gate, place));
    durationsMs[gate.name] = Math.round(performance.now() - began);
  }
  return {
    reports,
    durationsMs,
    questions: readOptional(documents, input.questions),
    objection: readOptional(documents, input.objection),
  };
}

/** A gate that breaks down has no opinion: it is inconclusive, never a pass. */
async function judge(gate: Gate, place: GatePlace): Promise<GateReport> {
  try {
    inside(place.worktree, place.documents);
    switch (gate.kind) {
      case 'artifacts':
        return judgeArtifacts(gate, place);
      case 'verdict':
        return judgeVerdict(gate, place);
      case 'command':
        return await judgeCommand(gate, place);
      case 'approval':
        return { gate: gate.name, verdict: 'inconclusive', detail: 'only a person can approve' };
    }
  } catch (error) {
    return { gate: gate.name, verdict: 'inconclusive', detail: `the gate could not be judged: ${messageOf(error)}` };
  }
}

function readOptional(documents: string, file: string | null): string | null {
  if (file === null) return null;
  try {
    return readDocument(inside(documents, file)).slice(0, longestText);
  } catch {
    return null;
  }
}
