/** What the tools of an ecosystem need and say, as far as it decides how a repository is set up and tested. */

/** Files of a commit, or of a directory in it. Paths are from its top. */
export interface Files {
  /** What is in it; undefined where there is no such file. */
  read(file: string): string | undefined;
  has(file: string): boolean;
  /** All of them. */
  readonly paths: readonly string[];
}

/** What a fresh checkout needs before its tests can be run. */
export interface Preparation {
  /** Commands, each a program and its arguments, run one after another in the directory. */
  steps: string[][];
  /** Files by which it is decided what comes of it. */
  keyedBy: string[];
  /**
   * Names of folders, at any depth, that may be copied from another checkout instead. None where the path of the checkout is in
   * them, or where the tool keeps for itself what it has fetched.
   */
  keeps: string[];
  /** What has to be run all the same where they were copied. */
  afterCopy: string[][];
  /** Whether the command that tests does it by itself. */
  isImplied: boolean;
}

/** What is fetched by a command of its own, and copied nowhere. */
export const fetching = (steps: string[][], keyedBy: string[], isImplied: boolean): Preparation => ({
  ...{ steps, keyedBy, isImplied },
  ...{ keeps: [], afterCopy: [] },
});

/** A way to run the tests. */
export interface Candidate {
  toolchain: string;
  /** Files that say so. */
  from: string[];
  /** Program and arguments. */
  test: string[];
  /** Null where it needs nothing. */
  prepare: Preparation | null;
}

/** An ecosystem. Nothing of the repository is run to find anything out. */
export interface Toolchain {
  name: string;
  /** Its way to run the tests of what lies there; undefined where it is none of its own. */
  find(files: Files): Omit<Candidate, 'toolchain'> | undefined;
  /** Whether what is found at the top speaks for the directories below as well. */
  isForAll?(files: Files): boolean;
  /** Whether a directory is a project of its own all the same. */
  isApart?(files: Files): boolean;
}

/** Of some files those that are there. */
export const those = (files: Files, names: readonly string[]): string[] => names.filter(name => files.has(name));

/** The wrapper that a repository brings, else the program of this machine. */
export const wrapped = (files: Files, wrapper: string, program: string): string =>
  files.has(wrapper) ? `./${wrapper}` : program;
