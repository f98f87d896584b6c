/** The examples are what the program takes: configurations load without a warning, pipelines are proven. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findPipeline } from '../src/app/pipelines.ts';
import { loadConfig } from '../src/config/load.ts';

const plane = fileURLToPath(new URL('../examples/gitea-plane/', import.meta.url));
const gitea = fileURLToPath(new URL('../examples/gitea/', import.meta.url));

/** Every variable of the file of secrets, filled in. */
const envOf = (example: string) =>
  Object.fromEntries(
    readFileSync(join(example, '.env.example'), 'utf8')
      .split('\n')
      .filter(line => /^\w+=/.test(line))
      .map(line => [line.slice(0, line.indexOf('=')), 'filled-in']),
  );
const env = envOf(gitea);

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

test('the configuration of a team with Plane and Gitea loads, and its pipeline is proven', async () => {
  const file = join(plane, 'signalbox.config.yaml');
  const { config, warnings } = await loadConfig({ file, cwd: plane, env: envOf(plane) });
  expect(warnings).toEqual([]);
  expect(config.projects.shop!.sources.map(({ tracker }) => tracker)).toEqual(['plan', 'home']);
  const { stages } = await findPipeline(join(plane, 'pipeline.yaml'), '/');
  expect(stages.map(({ name }) => name)).toEqual(['analysis', 'development', 'review', 'deploy']);
});
