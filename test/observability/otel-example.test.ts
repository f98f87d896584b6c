/** The example that operators load, as they load it: in front of the real program. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { makePlace, oneStage } from '../cli/place.ts';
import { openCollector } from './collector.ts';

const token = 'a-token-that-nobody-guesses';
const example = fileURLToPath(new URL('../../examples/monitoring/otel.mjs', import.meta.url));

test('the example sends what happens to the collector, and the last of it when the service ends', async () => {
  const { endpoint, find, line, text } = await openCollector();
  const { directory, repository, begin, agent, task } = await makePlace();
  const program = agent()[1]!.split(' ');
  const config = { agents: { bot: { kind: 'command', program } }, agent: 'bot', projects: { shop: { repository } } };
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));

  const service = begin(['serve', '--port', '0', '--json'], {
    env: {
      SIGNALBOX_API_TOKEN: token,
      NODE_OPTIONS: `--import=${example}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      // It never sends by itself in time: what arrives was sent at the end.
      OTEL_BSP_SCHEDULE_DELAY: '3600000',
    },
  });
  const [listening] = await once(createInterface({ input: service.stdout }), 'line');
  const { url } = JSON.parse(listening) as { url: string };
  const answer = await fetch(`${url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ project: 'shop', id: 'ET-1', title: 'Fix the totals', pipeline: oneStage() }),
  });
  expect(answer.status).toBe(201);
  const standing = async () => (await task()).standing;
  await vi.waitUntil(async () => (await standing()) === 'done', { timeout: 40_000, interval: 200 });
  service.kill('SIGTERM');
  expect((await service).code).toBe(0);

  const [job] = find('signalbox.job', { 'signalbox.job': 'agent', 'signalbox.outcome': 'succeeded' });
  expect(line(job).at(-1)).toMatchObject({ name: 'POST /tasks', service: 'signalbox' });
  expect(text()).not.toContain(token);
});

test('the document shows the example as it is', () => {
  const document = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const [, code = ''] = readFileSync(example, 'utf8').split(' */\n');
  expect(code).toContain('provider.register()');
  expect(document).toContain(`\`\`\`js\n${code}\`\`\``);
});
