/** All forges: a client is loaded when a configuration names its kind, and not before. */
import type { Forge, ForgeKind, ForgeOptions } from '../forge.ts';

const makers: Readonly<Record<ForgeKind, (options: ForgeOptions) => Promise<Forge>>> = {
  gitea: async options => (await import('./gitea.ts')).createGiteaForge(options),
  github: async options => (await import('./github.ts')).createGithubForge(options),
  gitlab: async options => (await import('./gitlab.ts')).createGitlabForge(options),
};

export const createForge = (kind: ForgeKind, options: ForgeOptions): Promise<Forge> => makers[kind](options);
