/** What happens, counted transition by transition: events, runs, tokens, money, gates. */
import { Counter, Histogram, type Registry } from '@prometheus-io/client';
import type { Tokens } from '../domain/usage.ts';
import type { AgentRunContext, AgentRunEvent, AgentRunInput } from '../machines/agent-run-context.ts';
import { verdictIn } from '../machines/task/context.ts';
import type { Transition } from '../runtime/index.ts';
import type { Names } from './names.ts';

/** The kinds in which tokens are counted, each token in one. */
const tokenKinds: [kind: string, count: (tokens: Tokens) => number][] = [
  ['input', tokens => tokens.inputTokens],
  ['cached_input', tokens => tokens.cachedInputTokens],
  ['cache_write', tokens => tokens.cacheWriteTokens],
  ['output', tokens => tokens.outputTokens],
];

type Exited = Extract<AgentRunEvent, { type: 'agent.exited' }>;
/** Whose run it is. */
type Owner = Pick<AgentRunInput, 'agent' | 'assignment'>;

export interface WorkCountsOptions {
  registry: Registry;
  names: Names;
  /** What a stored run remembers; undefined when it is not there any more. */
  runOf(id: string): Promise<AgentRunContext | undefined>;
  /** A run could not be read, so what it did is not counted. */
  onFault(error: unknown): void;
}

export interface WorkCounts {
  hear(transition: Transition): void;
  /** Resolves when everything that was heard so far is counted. */
  settled(): Promise<void>;
}

export function createWorkCounts({ registry, names, runOf, onFault }: WorkCountsOptions): WorkCounts {
  const transitions = new Counter({
    name: 'signalbox_transitions_total',
    help: 'Events that machines have taken, by the kind of machine and by what they did.',
    labelNames: ['kind', 'outcome'] as const,
    registers: [registry],
  });
  const gates = new Histogram({
    name: 'signalbox_gate_duration_seconds',
    help: 'How long gates took to judge, by their verdict.',
    labelNames: ['gate', 'verdict'] as const,
    buckets: [0.01, 0.1, 1, 5, 15, 60, 180, 600, 1_800],
    registers: [registry],
  });
  const { began, spent, ended } = createRunCounts(registry, names);
  const pending = new Set<Promise<void>>();

  /** An event says what has happened and not to whose run: that is in the run's row, also for one that we did not see begin. */
  function withRun(id: string, count: (run: AgentRunContext) => void): void {
    const counted: Promise<void> = runOf(id)
      .then(run => run && count(run))
      .catch(onFault)
      .finally(() => pending.delete(counted));
    pending.add(counted);
  }

  function hearRun({ actorId, event, type, status }: Transition): void {
    if (type === 'xstate.init') began((event as unknown as { input: Owner }).input);
    const exited = type === 'agent.exited' ? (event as unknown as Exited) : undefined;
    const isOver = status !== 'active';
    if (exited === undefined && !isOver) return;
    withRun(actorId, run => {
      if (exited !== undefined) spent(run, exited);
      if (isOver) ended(run);
    });
  }

  function hearTask({ event }: Transition): void {
    const judged = verdictIn(event);
    if (judged === undefined) return;
    const { gate, verdict, durationMs = 0 } = judged;
    gates.observe({ gate: names('gate', gate), verdict }, durationMs / 1_000);
  }

  return {
    hear(transition) {
      const { kind, outcome } = transition;
      transitions.inc({ kind, outcome });
      if (outcome !== 'applied') return;
      if (kind === 'agentRun') hearRun(transition);
      if (kind === 'task') hearTask(transition);
    },
    async settled() {
      await Promise.all(pending);
    },
  };
}

function createRunCounts(registry: Registry, names: Names) {
  const registers = [registry];
  const runs = new Counter({
    name: 'signalbox_runs_total',
    help: 'Runs that have ended, by the agent and by how.',
    labelNames: ['agent', 'outcome'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'signalbox_run_duration_seconds',
    help: 'How long the processes of a run worked, all its attempts together.',
    labelNames: ['agent'] as const,
    buckets: [1, 10, 30, 60, 180, 300, 600, 1_200, 1_800, 3_600, 7_200],
    registers,
  });
  const tokens = new Counter({
    name: 'signalbox_tokens_total',
    help: 'Tokens that attempts have used, each counted in one kind.',
    labelNames: ['agent', 'kind'] as const,
    registers,
  });
  const cost = new Counter({
    name: 'signalbox_cost_usd_total',
    help: 'US dollars that attempts have cost, as far as that is known.',
    labelNames: ['project', 'agent'] as const,
    registers,
  });
  const agentOf = ({ agent }: Owner) => names('agent', agent.name);
  const projectOf = ({ assignment }: Owner) => names('project', assignment.project);

  return {
    /** The series begin at zero before there is anything to count: what a counter begins with is no increase. */
    began(run: Owner) {
      const agent = agentOf(run);
      for (const [kind] of tokenKinds) tokens.inc({ agent, kind }, 0);
      cost.inc({ project: projectOf(run), agent }, 0);
      runs.inc({ agent, outcome: 'succeeded' }, 0);
    },
    spent(run: Owner, { report: { usage } }: Exited) {
      const agent = agentOf(run);
      for (const [kind, count] of tokenKinds) tokens.inc({ agent, kind }, count(usage));
      cost.inc({ project: projectOf(run), agent }, usage.costUsd ?? 0);
    },
    ended(run: AgentRunContext) {
      const agent = agentOf(run);
      runs.inc({ agent, outcome: run.outcome ?? 'lost' });
      durations.observe({ agent }, run.workedMs / 1_000);
    },
  };
}
