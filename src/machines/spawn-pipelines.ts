/** Pipelines of one stage, for an agent that is called for a single piece of work. Nothing is merged: its branch stays. */
import { type Pipeline, type PipelineSource, pipelineSchema } from './pipeline.ts';

export const agentTypes = ['worker', 'reviewer', 'tester'] as const;
export type AgentType = (typeof agentTypes)[number];

export const gateProfiles = ['strict', 'standard', 'minimal', 'custom'] as const;
export type GateProfile = (typeof gateProfiles)[number];

/** The profile that a type has when nobody names one. */
export const usualProfile: Record<AgentType, GateProfile> = {
  worker: 'standard',
  reviewer: 'strict',
  tester: 'minimal',
};

/** Scripts of the repository that a profile runs as gates, beside its tests. */
const scriptsOf: Record<Exclude<GateProfile, 'custom'>, readonly string[]> = {
  strict: ['typecheck', 'lint', 'coverage', 'build', 'integration'],
  standard: ['typecheck', 'lint', 'coverage'],
  minimal: [],
};

type GateSource = PipelineSource['stages'][number]['gates'][number];

const roles: Record<AgentType, string> = { worker: 'developer', reviewer: 'reviewer', tester: 'tester' };

const reports: Record<AgentType, GateSource[]> = {
  worker: [],
  reviewer: [{ kind: 'verdict', name: 'review', file: '12-review.md', pass: ['APPROVED'], fail: ['REQUEST_CHANGES'] }],
  tester: [{ kind: 'verdict', name: 'testReport', file: '13-test-report.md', pass: ['PASSED'], fail: ['FAILED'] }],
};

/** The role that an agent type plays. */
export const roleOf = (type: AgentType): string => roles[type];

/**
 * The pipeline of an agent type under a gate profile; `scripts` are the gates of the profile `custom`. A script that the
 * repository does not have is inconclusive: a person decides.
 */
export function spawnPipeline(type: AgentType, profile: GateProfile, scripts: readonly string[] = []): Pipeline {
  const named = profile === 'custom' ? scripts : scriptsOf[profile];
  const commands: GateSource[] = [
    ...(profile === 'custom' ? [] : [{ kind: 'command' as const, name: 'tests' }]),
    ...named.map((script, index) => ({ kind: 'command' as const, name: gateName(script, index), script })),
  ];
  return pipelineSchema.parse({
    name: `spawn${type[0]!.toUpperCase()}${type.slice(1)}`,
    stages: [
      {
        name: type === 'worker' ? 'work' : type,
        role: roleOf(type),
        gates: [...reports[type], ...commands],
        // Whoever judges has done so: a refusal is the answer, not a reason to ask until it is another.
        ...(type !== 'worker' && { rework: { limit: 0 } }),
      },
    ],
  });
}

/** `test:unit`, the second of its kind, as the name of a gate: `script2TestUnit`. */
function gateName(script: string, index: number): string {
  const words = script.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const camel = words.map(word => word[0]!.toUpperCase() + word.slice(1)).join('');
  return `script${index + 1}${camel.slice(0, 20)}`;
}
