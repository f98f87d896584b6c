/** The examples are what the program takes: configurations load without a warning, pipelines are proven. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findPipeline } from '../src/app/pipelines.ts';
import { loadConfig } from '../src/config/load.ts';

const gitea = fileURLToPath(new URL('../examples/gitea/', import.meta.url));

/** Every variable of the file of secrets, filled in. */
const env = Object.fromEntries(
  readFileSync(join(gitea, '.env.example'), 'utf8')
    .split('\n')
    .filter(line => /^\w+=/.test(line))
    .map(line => [line.slice(0, line.indexOf('=')), 'filled-in']),
);

test('the configuration of a team with Gitea loads with the secrets that are named beside it', async () => {
  const { config, warnings } = await loadConfig({ file: join(gitea, 'signalbox.config.yaml'), cwd: gitea, env });
  expect(warnings).toEqual([]);
  expect(config.projects.shop).toMatchObject({
    forge: 'home',
    remote: 'acme/shop',
    pipeline: join(gitea, 'pipeline.yaml'),
  });
  expect(Object.keys(env)).toEqual(
    expect.arrayContaining(['GITEA_TOKEN', 'GITEA_WEBHOOK_SECRET', 'ANTHROPIC_API_KEY']),
  );
});

test('the pipeline of a team with Gitea is proven, and waits for the CI and for people before it merges', async () => {
  const { stages } = await findPipeline(join(gitea, 'pipeline.yaml'), '/');
  const gates = stages.flatMap(stage => stage.gates.map(({ kind }) => kind));
  expect(gates).toEqual(['command', 'ci', 'verdict', 'pullRequestReview', 'verdict']);
  expect(stages.filter(({ merge }) => merge !== undefined).map(({ name }) => name)).toEqual(['deploy']);
});
