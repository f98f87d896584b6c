/** What is secret at forges and trackers is in no line of a log, however its variable is called. */
import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createLogger } from '../../src/service/log.ts';
import { coveredSecrets } from '../../src/service/secrets.ts';

const forge = (token: string, ...webhookSecrets: string[]) => ({
  ...{ name: 'home', kind: 'gitea' as const, url: 'https://git.example.org', account: null },
  token: new Secret('HOME_ACCESS', token),
  webhookSecrets: webhookSecrets.map(value => new Secret('HOME_SIGNS', value)),
});
const tracker = (token: string) => ({
  ...{ name: 'plan', kind: 'plane' as const, url: 'https://plane.example.org', workspace: 'acme', forge: null },
  token: new Secret('PLAN_ACCESS', token),
  webhookSecrets: [],
});

test('tokens and webhook secrets are covered, those of an earlier configuration too', async () => {
  const lines: string[] = [];
  const secrets = coveredSecrets({ SOME_TOKEN: 'of-the-environment' });
  const out = { write: (line: string) => lines.push(line) };
  const logger = await createLogger({ level: 'info', isReadable: false, secrets: secrets.all, out });
  secrets.learn({
    forges: { home: forge('first-token', 'newer-secret', 'older-secret') },
    trackers: {},
    chats: {},
    reader: null,
  });
  secrets.learn({
    forges: { home: forge('second-token') },
    trackers: { plan: tracker('key-of-plane') },
    chats: {},
    reader: null,
  });
  const all = ['of-the-environment', 'first-token', 'newer-secret', 'older-secret', 'second-token', 'key-of-plane'];
  logger.warn({ err: new Error(`refused ${all.join(' ')}`), inside: { all } }, `said ${all.join(', ')}`);
  expect(lines).toHaveLength(1);
  expect(all.filter(secret => lines[0]!.includes(secret))).toEqual([]);
});
