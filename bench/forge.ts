/** A forge for measurements: what the configuration says of it, and the deliveries that it sends, signed and each another. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defaultSettings, type Settings } from '../src/app/settings.ts';
import { Secret } from '../src/domain/secret.ts';

export const forgeName = 'home';
export const repositoryName = 'Test-CI/multi-line-secrets';
const secret = 'fixture-gitea-secret';

/** Settings in which one project lies at the forge. */
export const settingsAtForge: Settings = {
  ...defaultSettings,
  forges: {
    [forgeName]: {
      name: forgeName,
      kind: 'gitea',
      url: 'http://127.0.0.1:1',
      token: new Secret('FORGE_TOKEN', 'no token'),
      webhookSecrets: [new Secret('FORGE_SECRET', secret)],
      // Otherwise the forge would be asked.
      account: 'signalbox',
    },
  },
  remotes: [{ project: 'shop', forge: forgeName, repository: repositoryName }],
};

/** What the task of this number is called, here and there. */
export const taskOf = (number: number) => `T-${String(number).padStart(7, '0')}`;
export const branchOf = (number: number) => `feature/${taskOf(number)}`;
export const shaOf = (number: number) => number.toString(16).padStart(40, '0');

export interface Hook {
  id: string;
  headers: Record<string, string>;
  body: Buffer;
}

const recorded = (file: string) => {
  const read = (name: string) =>
    readFileSync(new URL(`../test/fixtures/webhooks/gitea/${name}`, import.meta.url), 'utf8');
  return { text: read(`${file}.json`), headers: JSON.parse(read(`${file}.headers.json`)) as Record<string, string> };
};

const push = recorded('push_multi');
const status = recorded('status_success');
const ourRepository = status.text.replaceAll('acme/shop', repositoryName);

/** A push to the branch of a task; `count` is another one for each. */
export const pushTo = (task: number, count: number): Hook =>
  signed(
    push.headers,
    `push-${count}`,
    push.text
      .replace('refs/heads/main', `refs/heads/${branchOf(task)}`)
      .replaceAll('29be01c073851cf0db0c6a466e396b725a670453', shaOf(2 ** 40 + count)),
  );

/** A build of the commit that a task has published has succeeded. */
export const builtFor = (task: number, count: number): Hook =>
  signed(
    status.headers,
    `status-${count}`,
    ourRepository
      .replaceAll('e4666a670f042877c67a84473a71675ee0950a08', shaOf(task))
      .replace('"id": 3002', `"id": ${count}`),
  );

/** A push whose body breaks off, and which is signed all the same. */
export function brokenPush(task: number, count: number): Hook {
  const { headers, body } = pushTo(task, count);
  return signed(headers, `broken-${count}`, body.toString().slice(0, -200));
}

function signed(recordedHeaders: Record<string, string>, id: string, text: string): Hook {
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  const own = Object.entries(recordedHeaders).map(([name, value]): [string, string] => {
    if (name.endsWith('-Delivery')) return [name, id];
    if (name.endsWith('-Signature') && name.startsWith('X-G')) return [name, signature];
    return [name, name === 'X-Hub-Signature-256' ? `sha256=${signature}` : value];
  });
  return { id, headers: Object.fromEntries(own), body: Buffer.from(text) };
}
