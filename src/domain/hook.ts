/** A command of the user's that runs at a fixed point of a task's life. */
export interface Hook {
  /** Program and arguments; run in the worktree, never through a shell. */
  run: string[];
  timeLimitMs: number;
}

/** The points: after the worktree was made, around each attempt of an agent, before the worktree is removed. */
export interface Hooks {
  afterCreate: Hook | null;
  beforeRun: Hook | null;
  afterRun: Hook | null;
  beforeRemove: Hook | null;
}

export const noHooks: Hooks = { afterCreate: null, beforeRun: null, afterRun: null, beforeRemove: null };
