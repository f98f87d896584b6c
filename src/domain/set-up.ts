/** What a fresh checkout of a project needs before anything can be run in it. */

/** Commands of the user's: one part of it. */
export interface SetUp {
  /** Each a program and its arguments; run one after another in the checkout, never through a shell. */
  steps: string[][];
  /** Files by which alone it is decided what comes of it; with any, what they make is kept and copied. */
  keyedBy: string[];
  timeLimitMs: number;
}

/** What was declared; what the files of the repository say; or nothing. */
export type SetUpRule = SetUp[] | 'detected' | 'none';
