/**
 * The contract of an agent's command line program: how it is started, how its output is read while it runs, and what its
 * end means. An adapter is pure: it makes command lines and reads text; starting, tailing and killing belong to the actor.
 * Every adapter passes the conformance suite (`test/integrations/conformance.test.ts`) on recordings of the real program.
 */
import type { AgentKind } from '../domain/agent-spec.ts';
import type { AgentEnd, AgentReport, ExitRecord } from '../domain/outcome.ts';
import type { Price } from '../domain/usage.ts';
import type { When } from './agents/hints.ts';

/** What an agent may do: `write` in its worktree, or only `read`. */
export type Access = 'write' | 'read';

export interface LaunchRequest {
  /** The program with leading arguments, such as `['claude']` or `['sh', 'my-agent.sh']`. */
  program: readonly string[];
  access: Access;
  /**
   * Whether a sandbox of ours is around the program. Its own is switched off then, and permission questions with it: the
   * outer one is the one that holds.
   */
  isSandboxed: boolean;
  model: string | null;
  /** The session to go on with; null begins a fresh one. */
  resume: string | null;
  /** Absolute path of the prompt; always exists when the program starts. */
  promptFile: string;
  /** The git directories of the worktree (its own and the repository's), absolute. */
  gitDirs: readonly string[];
  /** Turns and dollars after which the CLI should stop by itself, where it can. */
  maxTurns: number | null;
  maxCostUsd: number | null;
  /** Added by the user's configuration, as they are. */
  extraArgs: readonly string[];
}

export interface Launch {
  argv: string[];
  /** What is on standard input: nothing (`/dev/null`) or the prompt, which is long and may begin with a dash. */
  stdin: 'none' | 'prompt';
  /** Variables that make the program quiet and unattended. */
  env: Record<string, string>;
}

/** Reads one process's output as it comes and knows at any time what it has told. */
export interface AgentReader {
  /** One line of standard output without its end. Never throws, whatever is in it. */
  output(line: string): void;
  /** One line of standard error. */
  error(line: string): void;
  /**
   * One line of the file in which the program notes its session. In one that is gone on with, what was noted before `since`, epoch
   * milliseconds, is an earlier process's.
   */
  noted?(line: string, since: number): void;
  /** The session that it has named. */
  readonly session: string | null;
  /** Grows with every event that is progress (a message, a tool result); a retry is proof of life and no more. */
  readonly progress: number;
  /** It does nothing but repeat a request that its provider does not answer. */
  readonly isKnocking: boolean;
  /** Tool calls that were begun and have not reported back. */
  readonly openTools: number;
  /** What it does now, one line for people. */
  readonly activity: string;
  /** Its last message, as far as it has come. */
  readonly words: string;
  /** More of that message may come. */
  readonly isMidMessage: boolean;
  /** It retries something that cannot succeed, such as a refused login: waiting longer only costs time. */
  readonly isDoomed: boolean;
  report(): AgentReport;
  /** What the end of the process means, from its exit record and everything read; said here and now unless told otherwise. */
  conclude(exit: ExitRecord, when?: When): AgentEnd;
}

export interface Preflight {
  /** Arguments after the program; they must cost no tokens and need no network. */
  args: readonly string[];
  /** The version in the output, as its first group. */
  version: RegExp;
  /** The oldest version that this adapter was written against. */
  minimum: string;
}

/** The files in which a program notes its sessions while it works, for one that prints what it has used at its end or not at all. */
export interface SessionNotes {
  /** The directory that they are in, as the program calls it; null where its environment does not say. */
  directory(env: Readonly<Record<string, string>>): string | null;
  /** The names of the directories between that one and the files. */
  levels: readonly RegExp[];
  /** How the name begins of that among the first of them in which a program that works there has its sessions; absent where nobody knows. */
  likely?(cwd: string): string;
  /** Whether the file of this name is of the session. */
  isOf(name: string, session: string): boolean;
}

/** Where a program finds out who it is. */
export interface LoginPlace {
  /** The file in which it keeps what a person has logged in with, as it calls it; null where its environment does not say. */
  file(env: Readonly<Record<string, string>>): string | null;
  /** The variable that most people hand on instead. */
  variable: string;
}

export interface AgentCli {
  kind: AgentKind;
  /** Whose account pays when the configuration does not say: what the breaker guards. */
  provider: string;
  /** The program when the configuration names none; null where it has to. */
  program: string | null;
  /** null: there is nothing to ask; that it is there and executable has to do. */
  preflight: Preflight | null;
  /** Whether a session can be gone on with by a later process. */
  canResume: boolean;
  /** Whether the CLI makes room in its context by itself when it fills. None can be asked to from outside. */
  compactsItself: boolean;
  /** Standard output is a stream of events; standard error is kept apart from it. */
  isStructured: boolean;
  /** null: it prints what it uses as it goes, or never tells. */
  notes: SessionNotes | null;
  /** Whether it tells tokens and money at all, so that a limit of them can hold. */
  tellsUsage: boolean;
  /** null: it has no login, or keeps it nobody knows where. */
  login: LoginPlace | null;
  /** Whether its command line names the git directories of the worktree. */
  needsGitDirs: boolean;
  /** How long it may print nothing before it counts as silent, milliseconds; null: silence says nothing. */
  silenceLimitMs: number | null;
  launch(request: LaunchRequest): Launch;
  /** `model` is the configured one: what counts, and is priced, while a program names none. Codex never does. */
  /** `isResumed`: the process goes on with a session that has cost something before. */
  createReader(prices: PriceTable, model?: string | null, isResumed?: boolean): AgentReader;
}

/** Prices and context windows by model. The first entry whose pattern is part of the model's name counts. */
export interface PriceTable {
  version: string;
  models: readonly { pattern: string; windowTokens: number; price: Price | null }[];
}
