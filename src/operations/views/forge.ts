/** Forges as they are answered: what is configured, who answers there, and what waits for them. */
import { z } from 'zod';
import { lookAtForge, projectsAt } from '../../app/forge-look.ts';
import { forgeLane } from '../../app/lanes.ts';
import { withoutValues } from '../../config/redact.ts';
import type { Config } from '../../config/schema.ts';
import type { Runtime } from '../../runtime/index.ts';
import { at } from '../fields.ts';
import type { Here } from '../operation.ts';
import { breakerView, readBreakers } from './queue.ts';
import { timeOf } from './time.ts';

const wrong = z.object({ why: z.string(), remedy: z.string().describe('what would fix it') });

export const forgeView = z.lazy(() =>
  z.object({
    name: z.string(),
    kind: z.enum(['gitea', 'github', 'gitlab']),
    url: z.string(),
    account: z.string().nullable().describe('who we are there; null while it does not say'),
    version: z.string().nullable().describe('of the server; null while it does not say'),
    problem: wrong.nullable().describe('why it does not answer, or does not take the token'),
    hasWebhookSecret: z.boolean().describe('without one its webhooks are answered 503'),
    projects: z.array(z.object({ project: z.string(), repository: z.string() })).describe('what lies there'),
    breaker: breakerView.nullable().describe('what holds back actions that go there; null while none has failed'),
    waiting: z.object({
      actions: z.int().describe('actions that have still to be carried out there'),
      oldest: at.nullable().describe('when the oldest of them was asked for'),
    }),
  }),
);
export type ForgeView = z.output<typeof forgeView>;

export const connectedView = z.object({
  project: z.string(),
  repository: z.string(),
  webhook: z.enum(['made', 'changed', 'there']).nullable().describe('what became of it; null where it was not reached'),
  delivery: z
    .enum(['arrived', 'missing', 'unasked', 'unattended'])
    .nullable()
    .describe(
      'the test delivery: it came, it did not, the forge cannot be asked for one, or nobody works here who would take it',
    ),
  problem: wrong.nullable(),
});

/** Every forge of the configuration, each asked how it is. `runtime` is undefined where there is no data yet. */
export async function readForges(here: Here, runtime: Runtime | undefined): Promise<ForgeView[]> {
  const loaded = await here.configuration();
  const { forges, projects } = loaded.config;
  // An address may come from the environment, and what comes from there is not shown.
  const shown = withoutValues(loaded, here.env) as Pick<Config, 'forges'>;
  const breakers = runtime === undefined ? {} : await readBreakers(runtime);
  const lanes = runtime === undefined ? [] : await runtime.lanes();
  return Promise.all(
    Object.values(forges).map(async forge => {
      const lane = forgeLane(forge.name);
      const { open = 0, oldestAt = null } = lanes.find(one => one.lane === lane) ?? {};
      return {
        name: forge.name,
        kind: forge.kind,
        url: shown.forges[forge.name]?.url ?? '',
        ...(await lookAtForge(forge)),
        hasWebhookSecret: forge.webhookSecrets.length > 0,
        projects: projectsAt(projects, forge.name),
        breaker: breakers[lane] ?? null,
        waiting: { actions: open, oldest: oldestAt === null ? null : timeOf(oldestAt) },
      };
    }),
  );
}
