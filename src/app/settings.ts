/** What the configuration says of the whole application, whoever began a task. */

import type { HostNeeds } from '../actors/host-gauge.ts';
import type {
  ChatConfig,
  Config,
  ForgeConfig,
  ModelConfig,
  ProjectConfig,
  RoutineConfig,
  TrackerConfig,
} from '../config/schema.ts';
import type { PriceTable } from '../integrations/agent-cli.ts';
import { builtInPrices, pricesWith } from '../integrations/prices.ts';
import type { NotifierRule } from '../machines/notifier.ts';
import { type BudgetPlan, noPlan, usualLimits, type WorkerLimits } from '../machines/worker-context.ts';

/** What holds for all tasks, whoever began them. */
export interface Settings {
  limits: WorkerLimits;
  budgets: BudgetPlan;
  host: HostNeeds;
  breaker: { failureLimit: number; cooldownMs: number };
  preflight: { cacheMs: number; timeLimitMs: number };
  /** How long ago a task must have ended to go; null keeps everything. */
  retention: { endedAfterMs: number | null };
  prices: PriceTable;
  forges: Record<string, ForgeConfig>;
  trackers: Record<string, TrackerConfig>;
  chats: Record<string, ChatConfig>;
  notify: NotifierRule[];
  projects: Record<string, ProjectConfig>;
  routines: Record<string, RoutineConfig>;
  reader: ModelConfig | null;
  /** Everything, for whoever sets up new tasks; null where there is no configuration. */
  configuration: Config | null;
  /** Where projects lie: at which forge, and under which name there. */
  remotes: { project: string; forge: string; repository: string }[];
}

export const defaultSettings: Settings = {
  limits: usualLimits,
  budgets: noPlan,
  host: { minFreeDiskBytes: 1024 ** 3, minFreeMemoryBytes: 512 * 1024 ** 2 },
  breaker: { failureLimit: 3, cooldownMs: 300_000 },
  preflight: { cacheMs: 45_000, timeLimitMs: 15_000 },
  retention: { endedAfterMs: null },
  prices: builtInPrices,
  forges: {},
  trackers: {},
  chats: {},
  notify: [],
  projects: {},
  routines: {},
  reader: null,
  configuration: null,
  remotes: [],
};

/** The settings of a configuration. */
export function settingsOf(config: Config): Settings {
  const budgets = Object.entries(config.projects).map(([name, { budget }]) => [name, budget] as const);
  return {
    limits: config.worker,
    budgets: { ...config.budget, projects: Object.fromEntries(budgets) },
    host: config.host,
    breaker: config.breaker,
    preflight: config.preflight,
    retention: config.retention,
    prices: pricesWith(config.prices),
    forges: config.forges,
    trackers: config.trackers,
    chats: config.chats,
    notify: config.notify,
    projects: config.projects,
    routines: config.routines,
    reader: config.reader,
    configuration: config,
    remotes: Object.values(config.projects).flatMap(({ name, forge, remote }) =>
      forge === null || remote === null ? [] : [{ project: name, forge, repository: remote }],
    ),
  };
}
