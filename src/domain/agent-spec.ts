/** Which program plays an agent, and under which conditions. Plain data without secrets: it is kept in snapshots. */

export type AgentKind = 'claude' | 'codex' | 'gemini' | 'opencode' | 'aider' | 'command';

export type SandboxDriver = 'none' | 'bubblewrap' | 'docker';

/** What is around an agent's process. */
export interface SandboxSpec {
  driver: SandboxDriver;
  /** Whether the agent reaches the network; a model behind an API needs it. */
  network: boolean;
  /** Paths of this machine that the agent also sees, at the same place; read-only unless said otherwise. */
  mounts: { path: string; isWritable: boolean }[];
  /** Docker only. */
  image: string | null;
  cpus: number | null;
  memoryMb: number | null;
}

/** How long an agent may go on without a sign; milliseconds, null for no limit. */
export interface WatchLimits {
  /** Nothing was printed and no tool runs. */
  silenceMs: number | null;
  /** No new commit, diff, tool result or message. */
  noProgressMs: number | null;
}

export interface AgentSpec {
  name: string;
  kind: AgentKind;
  /** The account at the model's provider: what the breaker guards. Agents may share one. */
  provider: string;
  /** The program with leading arguments. */
  program: string[];
  model: string | null;
  /** Names of environment variables that the agent gets beside the built-in allow-list. */
  env: string[];
  /** Variables with values; `${NAME}` in one is filled in from Signalbox's environment when the agent starts. */
  set: Record<string, string>;
  /** Arguments added to the command line as they are. */
  args: string[];
  maxTurns: number | null;
  sandbox: SandboxSpec;
  watch: WatchLimits;
  /** Whether its sessions can be gone on with by a later process. */
  canResume: boolean;
}

export const noSandbox: SandboxSpec = {
  driver: 'none',
  network: true,
  mounts: [],
  image: null,
  cpus: null,
  memoryMb: null,
};

/** In a container nothing of this machine is to be seen; bubblewrap shows it read-only. */
const strength: Record<SandboxDriver, number> = { none: 0, bubblewrap: 1, docker: 2 };

/** What one sandbox lets through that another does not, in words; empty when it is as strong. */
export function weakerThan(now: SandboxSpec, before: SandboxSpec): string[] {
  if (before.driver === 'none') return [];
  if (strength[now.driver] < strength[before.driver]) return [`${now.driver} instead of ${before.driver}`];
  const isCovered = ({ path, isWritable }: SandboxSpec['mounts'][number]) =>
    before.mounts.some(mount => mount.path === path && (mount.isWritable || !isWritable));
  const isMore = (limit: number | null, than: number | null) => than !== null && (limit === null || limit > than);
  return [
    ...(now.driver === before.driver && now.image !== before.image ? [`another image, ${now.image}`] : []),
    ...(isMore(now.cpus, before.cpus) ? ['more processors may be used'] : []),
    ...(isMore(now.memoryMb, before.memoryMb) ? ['more memory may be used'] : []),
    ...(now.network && !before.network ? ['the network can be reached'] : []),
    ...now.mounts
      .filter(mount => !isCovered(mount))
      .map(({ path, isWritable }) => `${path} is ${isWritable ? 'writable' : 'readable'}`),
  ];
}

/** An agent that is any program: only its exit code and what it leaves speak, and it is its own provider. */
export function plainAgent(name: string, program: string[], env: string[] = []): AgentSpec {
  return {
    name,
    kind: 'command',
    provider: name,
    program,
    model: null,
    env,
    set: {},
    args: [],
    maxTurns: null,
    sandbox: noSandbox,
    watch: { silenceMs: null, noProgressMs: null },
    canResume: false,
  };
}
