/** Whether forges are as the configuration says: somebody answers, knows us, and has the repositories of the projects. */
import { wordsOf } from '../actors/forge/answer.ts';
import type { ForgeConfig, ProjectConfig } from '../config/schema.ts';
import type { Forge } from '../integrations/forge.ts';
import { OutsideError } from '../integrations/outside.ts';
import { clientOf } from './forges.ts';

/** Whoever looks is waiting: an answer that takes longer is none. */
export const lookLimitMs = 5_000;

/** Why something is not as it should be, and how to fix it. */
export interface Wrong {
  why: string;
  remedy: string;
}

export interface ForgeLook {
  /** Who we are there; null when it does not say. */
  account: string | null;
  version: string | null;
  problem: Wrong | null;
}

/** A project that lies at a forge, and what it is called there. */
export interface ForgeProject {
  project: string;
  repository: string;
}

/** The projects that lie at a forge, in the order of the configuration. */
export const projectsAt = (projects: Readonly<Record<string, ProjectConfig>>, forge: string): ForgeProject[] =>
  Object.values(projects).flatMap(({ name, forge: at, remote }) =>
    at === forge && remote !== null ? [{ project: name, repository: remote }] : [],
  );

/** Asks a forge for its version and for who we are. Never throws for what the forge answers. */
export async function lookAtForge(config: ForgeConfig): Promise<ForgeLook> {
  const forge = await clientOf(config, lookLimitMs);
  const [version, account] = await Promise.allSettled([forge.version(), forge.account()]);
  return {
    version: version.status === 'fulfilled' ? version.value : null,
    account: account.status === 'fulfilled' ? account.value.login : null,
    problem: account.status === 'fulfilled' ? null : wrongBecause(account.reason, config),
  };
}

/** What is wrong with a repository at a forge; null when it is there and may be pushed to. */
export async function lookAtRepository(forge: Forge, config: ForgeConfig, repository: string): Promise<Wrong | null> {
  try {
    const { mayPush } = await forge.repository(repository);
    if (mayPush) return null;
    return {
      why: `${config.name}: the account may not push to ${repository}`,
      remedy: `give it the right to write to ${repository}`,
    };
  } catch (error) {
    return wrongBecause(error, config, repository);
  }
}

/** An error of a forge with what fixes it. What is no word of a forge is a fault of ours and is thrown on. */
export function wrongBecause(error: unknown, { name, url, token }: ForgeConfig, repository?: string): Wrong {
  if (!(error instanceof OutsideError)) throw error;
  const why = wordsOf(error);
  switch (error.failure) {
    case 'unreachable':
      return { why, remedy: `see whether ${url} answers from here, or correct forges.${name}.url` };
    case 'limited':
      return { why, remedy: 'wait; it is asked too often' };
    case 'unauthorized':
      return { why, remedy: `make a new token there, put it into ${token.variable}, and start Signalbox anew` };
    case 'forbidden':
      return { why, remedy: `give the account and its token the rights that docs/forges.md lists` };
    case 'notFound':
      return repository === undefined
        ? { why, remedy: `see whether forges.${name}.kind and forges.${name}.url are right` }
        : { why, remedy: `make ${repository} there, let the account see it, or correct \`remote\` of its project` };
    case 'conflict':
    case 'invalid':
      return { why, remedy: `see whether forges.${name}.kind and forges.${name}.url are right` };
  }
}
