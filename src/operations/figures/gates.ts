/** What the gates of a task have said. */
import type { Gate, Pipeline } from '../../machines/pipeline.ts';
import type { Course, Judged } from '../../machines/task/course.ts';

/** What one gate has said of one task. */
export interface GateFacts {
  gate: string;
  stage: string;
  kind: Gate['kind'] | null;
  pass: number;
  fail: number;
  inconclusive: number;
  /** Of the inconclusive ones: there was nothing to judge. */
  absent: number;
  /** Whether it passed when it was judged for the first time. */
  isFirstPass: boolean;
  /** Trees on which it passed or failed, and those of them on which it did both. */
  trees: number;
  flakyTrees: number;
  durationsMs: number[];
}

/** One for each gate that has answered. The pipeline is undefined where it is not known any more. */
export function gatesIn({ judged }: Course, pipeline: Pipeline | undefined): GateFacts[] {
  const known = (pipeline?.stages ?? []).flatMap(({ name: stage, gates }) =>
    gates.map(({ name, kind }) => [name, { stage, kind }] as const),
  );
  const owners = new Map(known);
  return [...Map.groupBy(judged, ({ gate }) => gate)].map(([gate, all]) => {
    const count = (word: Judged['verdict']) => all.filter(({ verdict }) => verdict === word).length;
    const decided = all.filter(({ verdict, isFlaky }) => verdict !== 'inconclusive' || isFlaky);
    const trees = [...Map.groupBy(decided, ({ codeTree }) => codeTree).values()];
    const isFlaky = (verdicts: readonly Judged[]) =>
      verdicts.some(one => one.isFlaky) || new Set(verdicts.map(({ verdict }) => verdict)).size > 1;
    return {
      gate,
      stage: owners.get(gate)?.stage ?? '',
      kind: owners.get(gate)?.kind ?? null,
      ...{ pass: count('pass'), fail: count('fail'), inconclusive: count('inconclusive') },
      absent: all.filter(({ isAbsent }) => isAbsent).length,
      isFirstPass: all[0]!.verdict === 'pass',
      ...{ trees: trees.length, flakyTrees: trees.filter(isFlaky).length },
      durationsMs: all.flatMap(({ durationMs }) => durationMs ?? []),
    };
  });
}
