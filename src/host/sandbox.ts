/** The contract of what is put around an agent's process. A driver turns one command line into another. */
import type { SandboxDriver, SandboxSpec } from '../domain/agent-spec.ts';

export interface SandboxRequest {
  spec: SandboxSpec;
  /** Names the container, where there is one: letters, digits, dot, dash and underscore. */
  name: string;
  argv: readonly string[];
  /** The worktree: where the program starts; writable. */
  cwd: string;
  /** Where in it the command starts; `cwd` itself when left out. */
  startIn?: string;
  /** The program's whole environment. */
  env: Readonly<Record<string, string>>;
  /** More that the program may write, absolute: the worktree's git directories. */
  writable: readonly string[];
  /** What it reads in places that are hidden otherwise, absolute: the prompt. */
  readable: readonly string[];
  /** Directories whose content it must not see, absolute: Signalbox's data. `cwd`, `writable` and `readable` may lie inside. */
  hidden: readonly string[];
  /** A directory of its own that becomes its home, absolute; made when it is not there. */
  home: string;
}

export interface Sandboxed {
  argv: string[];
  env: Record<string, string>;
}

export interface Sandbox {
  driver: SandboxDriver;
  /** Whether it can be used here: null, or what is wrong with the remedy, in a sentence. */
  check(spec: SandboxSpec): Promise<string | null>;
  /** The command line that runs `argv` inside. Throws `invalid` when the request cannot be honoured. */
  wrap(request: SandboxRequest): Sandboxed;
  /** Ends what is left of `name` where killing processes does not reach. Safe to repeat. */
  end(name: string): Promise<void>;
}
