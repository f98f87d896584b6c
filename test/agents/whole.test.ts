import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { totalTokens } from '../../src/domain/usage.ts';
import { makeStage } from './stage.ts';

const secret = 'sk-very-secret-0815';

/** Files below a directory that hold these words. */
function filesWith(directory: string, words: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(name => join(directory, name))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isFile())
    .filter(path => readFileSync(path).includes(words));
}

test('a whole pipeline with two CLIs: every run is accounted, its prompt is kept, and no secret is', async () => {
  const stage = await makeStage({
    agents: {
      claude: { set: { GATEWAY: `\${SECRET}`, TOKEN: `Bearer \${SECRET}` } },
      codex: { model: 'gpt-5.5', env: ['SECRET'] },
    },
    roles: { reviewer: 'codex', tester: 'codex' },
  });
  const { code, stdout, stderr } = await stage.begin(stage.newTask(), { SECRET: secret });
  expect(code, stdout + stderr).toBe(0);
  expect(stage.starts().map(({ visit, cli }) => `${visit} ${cli}`)).toEqual([
    'analysis.1 claude',
    'architecture.1 claude',
    'development.1 claude',
    'review.1 codex',
    'testing.1 codex',
    'deploy.1 claude',
  ]);

  // Tokens and money: each run's own, their sum for the stage, and for the task.
  const task = await stage.task();
  const costs = Object.fromEntries(task.runs.map(run => [run.stage, run.usage.costUsd ?? Number.NaN]));
  expect(task.runs.map(run => totalTokens(run.usage))).toEqual(Array(6).fill(41_197));
  const [ofClaude, ofCodex] = [0.073088, 0.031903];
  expect(costs).toEqual({
    analysis: ofClaude,
    architecture: ofClaude,
    development: ofClaude,
    review: ofCodex,
    testing: ofCodex,
    deploy: ofClaude,
  });
  const sum = 4 * ofClaude + 2 * ofCodex;
  expect(totalTokens(task.usage)).toBe(6 * 41_197);
  expect(task.usage.costUsd).toBeCloseTo(sum, 5);
  expect(task.spent).toMatchObject({ tokens: 6 * 41_197, sessions: 6, moneyUsd: expect.closeTo(sum, 5) });
  expect(task.stageSpent.review).toMatchObject({ tokens: 41_197, sessions: 1 });
  const { ledger } = (await stage.queue()).spending;
  expect(ledger.projects.shop?.total).toMatchObject({ tokens: 6 * 41_197, sessions: 6 });

  // The prompt is the one that the CLI read.
  for (const { visit } of stage.starts()) {
    const [name] = visit.split('.');
    expect(stage.stdin(visit)).toBe(stage.keptPrompt(`${name}-1`));
    expect(stage.stdin(visit)).toContain('Fix the totals');
  }
  expect(stage.argv('development.1').slice(0, 3)).toEqual(['-p', '--permission-mode', 'acceptEdits']);
  expect(stage.argv('review.1').slice(0, 4)).toEqual(['exec', '--json', '--sandbox', expect.any(String)]);

  // What the CLI told of itself.
  const developer = task.runs.find(run => run.stage === 'development')!;
  expect(developer).toMatchObject({
    agent: 'claude',
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    status: 'completed',
    outcome: 'succeeded',
    session: expect.stringMatching(/^[0-9a-f-]{36}$/),
    contextUsed: 0.01,
  });
  expect(await stage.json('agent', 'show', developer.agentId)).toEqual(developer);

  // The secret: the agent saw it, and nobody kept it.
  expect(stage.environment('development.1')).toMatchObject({ GATEWAY: secret, TOKEN: `Bearer ${secret}` });
  expect(stage.environment('development.1').SECRET).toBeUndefined();
  expect(stage.environment('review.1').SECRET).toBe(secret);
  expect(filesWith(stage.data, secret)).toEqual([]);
  const shown = await Promise.all([
    stage.begin(['config', 'show'], { SECRET: secret }),
    stage.begin(['config', 'show', '--json'], { SECRET: secret }),
    stage.signalbox('agent', 'show', developer.agentId),
    stage.signalbox('agent', 'logs', developer.agentId),
    stage.signalbox('task', 'events', 'ET-1'),
    stage.begin(['doctor'], { SECRET: secret }),
  ]);
  expect(shown.map(said => said.stdout + said.stderr).join('\n')).not.toContain(secret);
  expect(stdout + stderr).not.toContain(secret);
});
