/** What no line of a log may hold: secrets of the environment, and those of the configuration, whatever their variables are called. */
import { secretsOf, type WithSecrets } from '../config/secrets.ts';

const namesOfSecrets = /TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PRIVATE/i;

/** Values of variables whose names say that they are secret. */
const secretsIn = (env: Readonly<Record<string, string | undefined>>) =>
  Object.entries(env).flatMap(([name, value]) => (value !== undefined && namesOfSecrets.test(name) ? [value] : []));

/** Gathers secrets. Those of earlier configurations stay: something may still hold them. */
export function coveredSecrets(env: Readonly<Record<string, string | undefined>>) {
  const configured = new Set<string>();
  return {
    all: (): string[] => [...secretsIn(env), ...configured],
    learn(config: WithSecrets): void {
      for (const secret of secretsOf(config)) configured.add(secret.reveal());
    },
  };
}
