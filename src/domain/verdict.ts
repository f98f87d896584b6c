/** The answer of a gate. Only `pass` lets a task go on; `inconclusive` is never a pass and never silently a fail. */

export type VerdictWord = 'pass' | 'fail' | 'inconclusive';

/** What a gate actor reports. */
export interface GateReport {
  gate: string;
  verdict: VerdictWord;
  /** For people, and for the agent that has to fix it. */
  detail: string;
  /** Set when there was nothing to judge: a repository without tests. It is inconclusive all the same. */
  isAbsent?: boolean;
  /** Set when it failed and passed on the same tree, which was looked at twice. */
  isFlaky?: boolean;
  /** What the branch has changed of how it is judged, in words: for reviewers, and for whoever approves. */
  concerns?: string[];
}

/** A verdict on record. It speaks of one state of the code and lapses when the code changes. */
export interface Verdict extends GateReport {
  stage: string;
  /** Hash of the tree without the task's documents: what was judged. */
  codeTree: string;
  /** `signalbox` for a gate that the orchestrator ran, otherwise who decided. */
  by: string;
  at: number;
}
