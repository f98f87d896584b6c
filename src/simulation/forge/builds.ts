/** Builds at the forge of a simulated world: of each commit that is pushed, for each gate that asks for them. */
import type { Check } from '../../integrations/forge.ts';
import type { Gate } from '../../machines/pipeline.ts';
import type { Word } from '../owed.ts';
import { type AtForge, type Branch, hearAll } from './at-forge.ts';
import type { Deliveries } from './deliveries.ts';

type CiGate = Extract<Gate, { kind: 'ci' }>;

export interface Builds {
  begin(taskId: string, branch: Branch): void;
  of(sha: string): Check[];
}

export function createBuilds(
  { calendar, chance, settings, gates, judgement: { wordFor, hear } }: AtForge,
  tell: Deliveries['tell'],
): Builds {
  const checks = new Map<string, Check[]>();
  const ciGates = gates.filter(gate => gate.kind === 'ci');
  const of = (sha: string) => checks.get(sha) ?? [];

  /** One that names no checks means all that there are. */
  function wordOf(gate: CiGate, sha: string): Word | undefined {
    const meant = gate.checks === undefined ? of(sha) : of(sha).filter(({ name }) => checksOf(gate).includes(name));
    const states = new Set(meant.map(({ state }) => state));
    if (states.has('failure')) return 'fail';
    return states.has('pending') ? undefined : 'pass';
  }

  function report({ sha, name: branch }: Branch, context: string, state: Check['state'], description: string): void {
    const others = of(sha).filter(({ name }) => name !== context);
    checks.set(sha, [...others, { name: context, state, description, url: null }]);
    tell('status', { sha, state, context, description, branches: [{ name: branch }] });
  }

  function run(taskId: string, branch: Branch, gate: CiGate, check: string): void {
    const { sha, tree, isOfOthers } = branch;
    report(branch, check, 'pending', 'it runs');
    calendar.after(chance.around(`build ${sha} ${check}`, settings.forge.builds), () => {
      const word = wordFor(gate, tree);
      // A build that never reports is told from one that fails by the deadline alone.
      if (word === 'inconclusive') return;
      const state = word === 'pass' ? 'success' : 'failure';
      report(branch, check, state, state);
      if (!isOfOthers) hearAll(hear, ciGates, { taskId, tree }, one => wordOf(one, sha));
    });
  }

  return {
    of,
    begin(taskId, branch) {
      for (const gate of ciGates) for (const check of checksOf(gate)) run(taskId, branch, gate, check);
    },
  };
}

/** The checks that are run for a gate, by their names. */
const checksOf = ({ name, checks }: CiGate): string[] =>
  checks?.map(pattern => pattern.replaceAll('*', 'build')) ?? [`build / ${name}`];
