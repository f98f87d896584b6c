/** Looks at each forge: whether it answers and knows us, whether its news can come here, and at what lies there. */
import type { Config, ForgeConfig } from '../config/schema.ts';
import { type Finding, fine, problem, warning } from './finding.ts';
import { type ForgeProject, lookAtForge, lookAtRepository, lookLimitMs, projectsAt } from './forge-look.ts';
import { clientOf } from './forges.ts';

/** One look for each forge of the configuration. */
export const forgeLooks = ({ forges, projects, serve }: Pick<Config, 'forges' | 'projects' | 'serve'>) =>
  Object.values(forges).map(forge => ({
    name: `forge ${forge.name}`,
    look: () => checkForge(forge, projectsAt(projects, forge.name), serve.publicUrl),
  }));

async function checkForge(
  config: ForgeConfig,
  projects: readonly ForgeProject[],
  publicUrl: string | null,
): Promise<Finding[]> {
  const { account, version, problem: wrong } = await lookAtForge(config);
  const told = version === null || version === 'unknown' ? config.kind : `${config.kind} ${version}`;
  const head = wrong === null ? fine(`${told}, signed in as ${account}`) : problem(wrong.why, wrong.remedy);
  const news = whetherItTells(config, publicUrl);
  // Without an account there is nothing more to be learned.
  return [head, ...(wrong === null ? await checkRepositories(config, projects) : []), ...news];
}

async function checkRepositories(config: ForgeConfig, projects: readonly ForgeProject[]): Promise<Finding[]> {
  const forge = await clientOf(config, lookLimitMs);
  return Promise.all(
    projects.map(async ({ project, repository }) => {
      const wrong = await lookAtRepository(forge, config, repository);
      return wrong === null ? fine(`${repository} of ${project} may be pushed to`) : problem(wrong.why, wrong.remedy);
    }),
  );
}

/** Work goes on without webhooks, only later. */
function whetherItTells({ name, webhookSecrets }: ForgeConfig, publicUrl: string | null): Finding[] {
  const later = 'what happens there is seen only when gates look again, once a minute';
  if (webhookSecrets.length === 0) {
    const how = `make one with "openssl rand -hex 32", export it, and name its variable as forges.${name}.webhookSecret`;
    return [warning(`no webhook secret: ${later}`, how)];
  }
  if (publicUrl !== null) return [];
  return [warning(`nothing says where the forge reaches us: ${later}`, 'write the address as serve.publicUrl')];
}
