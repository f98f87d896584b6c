/** Connects the repositories that lie at a forge: their news are sent here from then on. */
import { z } from 'zod';
import { ownerOf } from '../app/data-directory.ts';
import { connectForge } from '../app/forge-connect.ts';
import { lookAtForge, projectsAt } from '../app/forge-look.ts';
import type { Config, ForgeConfig } from '../config/schema.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { own } from '../domain/own.ts';
import { arrivalLimitMs, hasArrived } from './arrived.ts';
import { flag } from './fields.ts';
import { operation, type Site } from './operation.ts';
import { connectedView } from './views/forge.ts';

const input = z.strictObject({
  name: z.string().min(1).max(200).describe('the forge, as `forges` of the configuration calls it'),
  project: z.string().min(1).max(200).optional().describe('only this project; otherwise all that lie there'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'write an address such as https://signalbox.example.org' })
    .max(1_000)
    .optional()
    .describe('the address under which the forge reaches this service; otherwise `serve.publicUrl`'),
  newSecret: flag.describe('the webhook secret has changed: the forge is given the new one'),
});
type Input = z.output<typeof input>;

export const forgeConnect = operation({
  name: 'forge.connect',
  summary: 'look whether the repositories at a forge can be worked with, and have it send their news here',
  may: 'admin',
  changes: true,
  needs: 'read',
  input,
  output: z.object({
    account: z.string().describe('who we are there'),
    webhookUrl: z.string().describe('where it sends what happens'),
    repositories: z.array(connectedView),
  }),
  args: ['name'],
  route: { method: 'POST', path: '/forges/:name/connect', status: 200 },
  fails: ['noForge', 'noProject', 'noWebhookSecret', 'noPublicUrl', 'forgeUnusable'],
  withoutData: async (here, asked) => connect((await here.configuration()).config, asked, null),
  async run(site, asked, { signal }) {
    const { config } = await site.here.configuration();
    // What is sent is recorded here: while that cannot be done, nothing is asked for.
    await site.runtime.counts('delivery');
    return connect(config, asked, ownerOf(site.paths) === undefined ? null : arrivedAt(site, asked.name, signal));
  },
});

/** All wait for as long together. */
function arrivedAt({ runtime }: Site, forge: string, signal: AbortSignal) {
  let until: AbortSignal | undefined;
  return (repository: string, since: number) => {
    until ??= AbortSignal.any([signal, AbortSignal.timeout(arrivalLimitMs)]);
    return hasArrived(runtime, { forge, repository, since }, until);
  };
}

async function connect(
  config: Config,
  { name, project, publicUrl, newSecret }: Input,
  arrived: ReturnType<typeof arrivedAt> | null,
) {
  const forge = forgeNamed(name, config);
  const projects = projectsOf(forge, project, config);
  const [secret] = forge.webhookSecrets;
  if (secret === undefined) throw noWebhookSecret(forge);
  const base = publicUrl ?? config.serve.publicUrl;
  if (base === null) throw noPublicUrl(name);
  const { account, problem } = await lookAtForge(forge);
  if (account === null) throw unusable(forge, problem);
  const webhookUrl = `${base.replace(/\/+$/, '')}/webhook/${forge.kind}/${encodeURIComponent(name)}`;
  const order = { projects, hookUrl: webhookUrl, secret: secret.reveal(), hasNewSecret: newSecret, arrived };
  return { account, webhookUrl, repositories: await connectForge(forge, { ...order, now: Date.now }) };
}

function forgeNamed(name: string, { forges }: Config): ForgeConfig {
  const forge = own(forges, name);
  if (forge !== undefined) return forge;
  const known = Object.keys(forges);
  const hint = known.length === 0 ? 'none is configured' : `there are ${nearest(name, known).join(', ')}`;
  throw new SignalboxError('not_found', 'noForge', `There is no forge ${quote(name)}; ${hint}.`, {
    remedy: { say: 'name one that `forges` of the configuration has', field: 'name' },
  });
}

function projectsOf({ name }: ForgeConfig, wanted: string | undefined, { projects }: Config) {
  const all = projectsAt(projects, name);
  if (wanted === undefined) return all;
  const meant = all.filter(({ project }) => project === wanted);
  if (meant.length > 0) return meant;
  const known = all.map(({ project }) => project);
  const hint = known.length === 0 ? 'none does' : `there are ${nearest(wanted, known).join(', ')}`;
  throw new SignalboxError('not_found', 'noProject', `No project ${quote(wanted)} lies at ${name}; ${hint}.`, {
    remedy: { say: 'name one that has this forge in the configuration', field: 'project' },
  });
}

const noWebhookSecret = ({ name }: ForgeConfig) =>
  new SignalboxError('invalid', 'noWebhookSecret', `Nothing would prove that a delivery is from ${name}.`, {
    remedy: {
      say: `make a secret with "openssl rand -hex 32", export it, and name its variable as forges.${name}.webhookSecret`,
    },
  });

const noPublicUrl = (name: string) =>
  new SignalboxError('invalid', 'noPublicUrl', `Nothing says under which address ${name} reaches this service.`, {
    remedy: { say: 'write it as serve.publicUrl into the configuration, or give it', field: 'publicUrl' },
  });

function unusable({ name }: ForgeConfig, problem: { why: string; remedy: string } | null): SignalboxError {
  const { why = `${name} does not say who we are`, remedy = 'look at its log' } = problem ?? {};
  return new SignalboxError('unavailable', 'forgeUnusable', `${why.replace(/\.$/, '')}.`, { remedy: { say: remedy } });
}
