/** What a task starts, in words, and who works on it. */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { AgentRunInput } from '../agent-run-context.ts';
import type { GateInput } from '../gate.ts';
import { standingIn, taskTags } from '../standing.ts';

/** Who works, and on what. */
export interface Player {
  /** The name of the agent. */
  agent: string;
  model: string | null;
  stage: string;
}

/** A child that a task starts. */
export interface Starting extends Partial<Player> {
  id: string;
  /** What it is, as the machine calls it. */
  src: string;
  says: string;
  /** The gate that it judges. */
  gate?: string;
}

const jobs: Record<string, string> = {
  prepare: 'makes the worktree ready',
  baseline: 'judges the target before the work',
  lookAtBlockers: 'looks at what has to be done before it',
  publish: 'commits what the agent has left',
  push: 'brings its branch to the forge',
  update: 'brings what the target has by now into its branch',
  merge: 'merges its branch',
};

/** What is said of a child that is started with this input. */
export function startingOf({ id, src, input }: { id: string; src: string; input: unknown }): Starting {
  if (src === 'agentRun') {
    const player = playerIn(input as AgentRunInput);
    return { id, src, says: `starts ${player.agent} for ${player.stage}`, ...player };
  }
  if (src === 'gate') {
    const { gate } = input as GateInput;
    return { id, src, says: `judges ${gate.name}`, gate: gate.name };
  }
  return { id, src, says: jobs[src] ?? `starts ${src}` };
}

const playerIn = ({ assignment, agent }: Pick<AgentRunInput, 'assignment' | 'agent'>): Player => ({
  agent: agent.name,
  model: agent.model,
  stage: assignment.stage,
});

/** Where a stage is before its agent works. */
const beforeWork = new Set(['preparing', 'preparingLater', 'baselining', 'merging', 'affording']);

/** Who works next in the stage in which a task is, where an agent is about to and waits for nobody's word. */
export function nextPlayer(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): Player | null {
  const { value, context } = snapshot;
  if (standingIn(taskTags(snapshot)) !== 'working' || typeof value === 'string') return null;
  const [[stage, inner] = ['', '']] = Object.entries(value as Record<string, unknown>);
  const place = typeof inner === 'string' ? inner : Object.keys(inner as object)[0];
  if (place === undefined || !beforeWork.has(place)) return null;
  const invoked = machine.states[stage]?.states.working?.invoke[0];
  if (typeof invoked?.input !== 'function') return null;
  return playerIn((invoked.input as (args: { context: unknown }) => AgentRunInput)({ context }));
}
