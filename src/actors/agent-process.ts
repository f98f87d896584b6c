/** Owns one agent process: adopts or starts it, reports its end, ends it with everything that it has spawned. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromCallback } from 'xstate';
import { type ProcessSpec, superviseProcess } from '../host/supervised-process.ts';
import { type AgentSpec, type Assignment, attemptId } from '../machines/agent-run.ts';
import { type JobInput, untilStopped } from '../runtime/index.ts';
import { baseEnvironment } from './environment.ts';
import { inside } from './paths.ts';
import { promptFor } from './prompt.ts';

export interface AgentProcessInput {
  runId: string;
  attempt: number;
  assignment: Assignment;
  agent: AgentSpec;
}

export type AgentCommand = { type: 'agent.signal'; signal: 'SIGTERM' | 'SIGKILL' };

/** The logic of the actor `agent` of a run, with its directories under `runsDir`. */
export function createAgentProcess(runsDir: string) {
  return untilStopped(
    fromCallback<AgentCommand, JobInput<AgentProcessInput>>(({ input, sendBack, receive }) => {
      const spec = specOf(input, runsDir);
      const agent = superviseProcess(spec, {
        onStarted: pid => sendBack({ type: 'agent.started', pid }),
        onExit: exit => sendBack({ type: 'agent.exited', ...exit, jitter: Math.random() }),
        onError: ({ message }) => sendBack({ type: 'agent.failed', error: { message } }),
      });
      receive(({ signal }) => agent.signal(signal));
      // Stops watching. The machine alone decides to kill.
      return () => agent.release();
    }),
  );
}

/** The process of a run, from what the run was asked to do. */
export function specOf(
  { runId, attempt, assignment, agent, job }: JobInput<AgentProcessInput>,
  runsDir: string,
): ProcessSpec {
  const run = attemptId(runId, attempt);
  const runDir = inside(runsDir, run);
  const own = {
    SIGNALBOX_RUN_ID: run,
    SIGNALBOX_TASK_ID: assignment.taskId,
    SIGNALBOX_WORK_ITEM: assignment.workItem,
    SIGNALBOX_STAGE: assignment.stage,
    SIGNALBOX_ATTEMPT: String(assignment.attempt + attempt - 1),
    SIGNALBOX_WORKTREE: assignment.worktree,
    SIGNALBOX_PROMPT_FILE: join(runDir, 'prompt.md'),
  };
  return {
    runDir,
    job: job.ref,
    prepare() {
      writeFileSync(join(runDir, 'prompt.md'), promptFor({ ...assignment, attempt: assignment.attempt + attempt - 1 }));
    },
    argv: agent.command,
    cwd: assignment.worktree,
    env: { ...baseEnvironment(agent.env), ...own },
    mark: [`SIGNALBOX_RUN_ID=${run}`, `SIGNALBOX_WORKTREE=${assignment.worktree}`],
  };
}
