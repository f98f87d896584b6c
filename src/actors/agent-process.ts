/** Owns one agent process: adopts or starts it, reports how it gets on and its end, ends it with everything it spawned. */
import { writeFileSync } from 'node:fs';
import { fromCallback } from 'xstate';
import type { AgentSpec } from '../domain/agent-spec.ts';
import type { Assignment, Beginning } from '../domain/assignment.ts';
import { messageOf } from '../domain/errors.ts';
import type { AgentEnd } from '../domain/outcome.ts';
import { variablesIn } from '../domain/variables.ts';
import { sandboxes } from '../host/sandboxes/index.ts';
import { type ProcessSpec, readEnd, readStart, superviseProcess } from '../host/supervised-process.ts';
import type { Access, PriceTable } from '../integrations/agent-cli.ts';
import { whenHere } from '../integrations/agents/hints.ts';
import { agentClis } from '../integrations/agents/index.ts';
import { attemptId } from '../machines/agent-run-context.ts';
import { type JobInput, untilStopped } from '../runtime/index.ts';
import { baseEnvironment, settingsFor } from './environment.ts';
import { gitIn } from './git.ts';
import { inTurn } from './in-turn.ts';
import { hasChanged } from './inspect.ts';
import { missingMount, mountProblem, mountRemedy } from './login-mount.ts';
import { type OutputWatch, watchOutput } from './output-watch.ts';
import { inside, promptIn } from './paths.ts';
import { promptFor } from './prompt.ts';
import { gitDirsOf, outsidePath, sandboxed } from './sandboxed.ts';
import { followNotes } from './session-notes.ts';
import { steadily } from './steadily.ts';

export interface AgentProcessInput {
  runId: string;
  attempt: number;
  assignment: Assignment;
  agent: AgentSpec;
  access: Access;
  beginning: Beginning;
  /** The session to go on with. */
  resume: string | null;
  /** The last words of the session that this one takes over from. */
  handover: string | null;
  maxCostUsd: number | null;
  /** Absent in runs of earlier versions. */
  maxTokens?: number | null;
  /** Whether it is looked what has changed when it ends. Absent in runs of earlier versions. */
  mustChange?: boolean;
  watch: { silenceMs: number | null; noProgressMs: number | null };
}

export type AgentCommand = { type: 'agent.signal'; signal: 'SIGTERM' | 'SIGKILL' };

export interface AgentPlaces {
  dataDir: string;
  runsDir: string;
  /** The prices in force when the process starts. */
  prices(): PriceTable;
}

/** The logic of the actor `agent` of a run. */
export function createAgentProcess(places: AgentPlaces) {
  return untilStopped(
    fromCallback<AgentCommand, JobInput<AgentProcessInput>>(({ input, sendBack, receive }) => {
      const cli = agentClis[input.agent.kind];
      const spec = specOf(input, places);
      let watch: OutputWatch | undefined;
      let isReleased = false;
      /** A second start is another shim's process that had the directory first: it is read from the beginning. */
      const startWatch = () => {
        watch?.stop();
        watch = watchOutput({
          runDir: spec.runDir,
          reader: cli.createReader(places.prices(), input.agent.model, input.resume !== null),
          zone: zoneOf(input.agent),
          limit: { tokens: input.maxTokens ?? null, moneyUsd: input.maxCostUsd },
          notes: notesOf(input, places),
          since: readStart(spec.runDir) ?? Date.now(),
          isErrorApart: cli.isStructured,
          ...input.watch,
          reports: {
            slept: pause => sendBack({ type: 'agent.slept', ...pause }),
            heartbeat: sign => sendBack({ type: 'agent.heartbeat', ...sign }),
            concluded: sign => sendBack({ type: 'agent.concluded', ...sign }),
            doomed: ({ end, ...sign }) => sendBack({ type: 'agent.doomed', ...sign, end: withMount(end, input.agent) }),
          },
        });
        return watch;
      };
      const agent = superviseProcess(spec, {
        onStarted(pid) {
          const { silentMs } = startWatch();
          sendBack({ type: 'agent.started', pid, silentMs });
        },
        onExit(exit) {
          const times = { startedAt: readStart(spec.runDir) ?? null, endedAt: readEnd(spec.runDir) ?? null };
          const concluded = (watch ?? startWatch()).conclude(exit, times.endedAt ?? Date.now());
          const looked = input.mustChange === true ? lookAround(input.assignment) : undefined;
          const tell = (event: { type: string; [key: string]: unknown }) => void (isReleased || sendBack(event));
          concluded.then(
            async ({ end, report }) => {
              const isChanged = await looked;
              const seen = isChanged === undefined ? {} : { isChanged };
              const told = withMount(end, input.agent);
              tell({ type: 'agent.exited', ...exit, ...times, end: told, report, ...seen, jitter: Math.random() });
            },
            error => tell({ type: 'agent.failed', error: { message: messageOf(error) } }),
          );
        },
        onError({ message }) {
          watch?.stop();
          sendBack({ type: 'agent.failed', error: { message } });
        },
      });
      receive(({ signal }) => agent.signal(signal));
      // Stops watching. The machine alone decides to kill.
      return () => {
        isReleased = true;
        watch?.stop();
        agent.release();
      };
    }),
  );
}

/** Undefined where it could not be looked: then that is somebody else's to do. */
const lookAround = ({ worktree, head, documents }: Assignment): Promise<boolean | undefined> =>
  steadily(() => inTurn(worktree, () => hasChanged({ worktree, head, documents }))).catch(() => undefined);

/** The zone in which an agent lives: its own setting, that of its container, or ours. */
const zoneOf = ({ set: { TZ: own = '' }, sandbox }: AgentSpec): string =>
  own !== '' && variablesIn(own).length === 0 ? own : sandbox.driver === 'docker' ? 'UTC' : whenHere().zone;

/** A login that was refused because nobody is logged in where the agent lives. */
function withMount(end: AgentEnd, agent: AgentSpec): AgentEnd {
  const login = end.class === 'authentication' ? missingMount(agent) : null;
  if (login === null) return end;
  return { ...end, message: `${end.message}; ${mountProblem(login)}: ${mountRemedy(login)}` };
}

/** How the session notes of this agent's program are followed; undefined where it has none, or they are out of reach. */
function notesOf({ agent, assignment }: AgentProcessInput, { dataDir }: AgentPlaces) {
  const { notes } = agentClis[agent.kind];
  if (notes === null) return undefined;
  try {
    const env = { ...baseEnvironment(agent.env), ...settingsFor(agent) };
    const inside = notes.directory(env);
    const place = { spec: agent.sandbox, env, taskId: assignment.taskId, dataDir };
    const directory = inside === null ? null : outsidePath(place, inside);
    if (directory === null) return undefined;
    const where = { directory, cwd: assignment.worktree };
    return (onLine: (line: string) => void) => followNotes(notes, where, onLine);
  } catch {
    // A variable is missing since a restart: the process has what it began with, and nobody knows that any more.
    return undefined;
  }
}

/** The process of a run, from what the run was asked to do. */
export function specOf(input: JobInput<AgentProcessInput>, { dataDir, runsDir }: AgentPlaces): ProcessSpec {
  const { runId, attempt, assignment, agent, job } = input;
  const cli = agentClis[agent.kind];
  const sandbox = sandboxes[agent.sandbox.driver];
  const run = attemptId(runId, attempt);
  const runDir = inside(runsDir, run);
  const promptFile = promptIn(runDir);
  const number = assignment.attempt + attempt - 1;
  const own = {
    SIGNALBOX_RUN_ID: run,
    SIGNALBOX_TASK_ID: assignment.taskId,
    SIGNALBOX_WORK_ITEM: assignment.workItem,
    SIGNALBOX_STAGE: assignment.stage,
    SIGNALBOX_ATTEMPT: String(number),
    SIGNALBOX_WORKTREE: assignment.worktree,
    SIGNALBOX_PROMPT_FILE: promptFile,
  };
  return {
    runDir,
    job,
    isErrorApart: cli.isStructured,
    async prepare() {
      const kind = input.beginning;
      const changes = kind === 'handover' ? await changesSince(assignment) : '';
      const handover = kind === 'handover' ? { summary: input.handover ?? '', changes } : null;
      // The prompt that a run got is kept with the run.
      writeFileSync(promptFile, await promptFor({ ...assignment, attempt: number, handover, kind }), { mode: 0o600 });
      const isSandboxed = agent.sandbox.driver !== 'none';
      const gitDirs = cli.needsGitDirs ? Object.values(gitDirsOf(assignment.worktree)) : [];
      const launch = cli.launch({
        program: agent.program,
        access: input.access,
        isSandboxed,
        model: agent.model,
        resume: input.resume,
        promptFile,
        gitDirs,
        maxTurns: agent.maxTurns,
        maxCostUsd: input.maxCostUsd,
        extraArgs: agent.args,
      });
      const wrapped = sandboxed({
        spec: agent.sandbox,
        name: run,
        argv: launch.argv,
        env: { ...baseEnvironment(agent.env), ...launch.env, ...settingsFor(agent), ...own },
        worktree: assignment.worktree,
        branch: assignment.branch,
        taskId: assignment.taskId,
        dataDir,
        runDir,
        program: agent.program,
      });
      return { ...wrapped, stdin: launch.stdin === 'prompt' ? promptFile : '/dev/null' };
    },
    cleanUp: () => sandbox.end(run),
    // Both are known only when it is started.
    argv: [],
    env: {},
    cwd: assignment.worktree,
    mark: [`SIGNALBOX_RUN_ID=${run}`, `SIGNALBOX_WORKTREE=${assignment.worktree}`],
  };
}

/** What the sessions before have changed, for the one that takes over. */
async function changesSince({ worktree, head }: Assignment): Promise<string> {
  const git = gitIn(worktree);
  const status = await git(['status', '--short']);
  const stat = head === '' ? '' : await git(['diff', '--no-ext-diff', '--stat=100', head]);
  return [stat, status].filter(part => part !== '').join('\n\n');
}
