/** What no line of a log may hold: secrets of the environment, and those of forges and trackers. */
import type { Config } from '../config/schema.ts';

const namesOfSecrets = /TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PRIVATE/i;

/** Values of variables whose names say that they are secret. */
const secretsIn = (env: Readonly<Record<string, string | undefined>>) =>
  Object.entries(env).flatMap(([name, value]) => (value !== undefined && namesOfSecrets.test(name) ? [value] : []));

/** By what we sign in at forges and trackers, and by what they prove who they are; whatever their variables are called. */
const secretsOf = ({ forges, trackers }: Pick<Config, 'forges' | 'trackers'>) =>
  [...Object.values(forges), ...Object.values(trackers)]
    .flatMap(({ token, webhookSecrets }) => [...(token === null ? [] : [token]), ...webhookSecrets])
    .map(secret => secret.reveal());

/** Gathers secrets. Those of earlier configurations stay: something may still hold them. */
export function coveredSecrets(env: Readonly<Record<string, string | undefined>>) {
  const configured = new Set<string>();
  return {
    all: (): string[] => [...secretsIn(env), ...configured],
    learn(config: Pick<Config, 'forges' | 'trackers'>): void {
      for (const secret of secretsOf(config)) configured.add(secret);
    },
  };
}
