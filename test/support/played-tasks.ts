/** Tasks whose jobs and runs end when a test says so, on the real runtime. */
import { type AnyStateMachine, setup } from 'xstate';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { noUsage } from '../../src/domain/usage.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import type { MachineKind } from '../../src/runtime/index.ts';
import type { PlayedJobs } from './jobs.ts';
import { inertEffects } from './runtime.ts';

/** A run as far as it is looked at. */
function playedRun(logic: PlayedJobs['logic']): AnyStateMachine {
  const outputOf = ({ event }: { event: unknown }) => (event as { output: unknown }).output;
  const started = { attempt: 1, pid: null, report: null, resume: null, activity: '', usage: noUsage, startedAt: null };
  return setup({ types: {} as { context: object; input: object }, actors: { inner: logic } }).createMachine({
    id: 'agentRun',
    context: ({ input }: { input: object }) => ({ ...input, ...started, outcome: null, reason: null }),
    initial: 'working',
    states: {
      working: { tags: 'running', invoke: { id: 'inner', src: 'inner', input: {} as never, onDone: 'ended' } },
      ended: { type: 'final', output: outputOf },
    },
    output: outputOf,
  } as never) as never;
}

/** The kinds of tasks and runs, with everything below them played. */
export function playedTaskKinds({ logic }: PlayedJobs): MachineKind[] {
  const kindOf = (name: string) => machineKinds.find(kind => kind.name === name)!;
  const { actors: invoked } = compileTask(defaultPipeline).implementations;
  const { agentRun: _, ...jobs } = Object.fromEntries(Object.keys(invoked).map(actor => [actor, logic]));
  return [
    { ...kindOf('task'), actors: jobs, effects: inertEffects },
    { ...kindOf('agentRun'), build: () => playedRun(logic) },
  ];
}
