/**
 * The real programs, where they are installed, with a model on loopback: nothing of theirs is played here, and nothing costs money. They
 * are looked for in the directory that SIGNALBOX_REAL_CLIS names, and on the PATH.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ConfigSource } from '../../src/config/schema.ts';
import { totalTokens } from '../../src/domain/usage.ts';
import { findProgram } from '../../src/host/find-program.ts';
import { type ScriptedModel, startScriptedModel, type Turn, tokensPerTurn } from '../support/scripted-model.ts';
import { makeStage, poll, quickStage } from './stage.ts';

vi.setConfig({ testTimeout: 180_000 });

interface RealCli {
  /** What an answer has used is known while its tools run, not only when they have ended. */
  knowsAtOnce: boolean;
  kind: 'claude' | 'codex' | 'gemini' | 'opencode';
  /** What points it at the model, and the files that it needs in its home. */
  agent(url: string, home: string): NonNullable<ConfigSource['agents']>[string];
}

const clis: RealCli[] = [
  {
    kind: 'claude',
    knowsAtOnce: true,
    agent: url => ({
      set: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'none', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
    }),
  },
  {
    kind: 'codex',
    knowsAtOnce: true,
    agent: url => ({
      model: 'gpt-5.5',
      args: [
        ...['-c', 'model_provider=scripted'],
        ...[
          '-c',
          `model_providers.scripted={name="scripted",base_url="${url}/v1",wire_api="responses",env_key="SCRIPTED_KEY"}`,
        ],
      ],
      set: { SCRIPTED_KEY: 'none' },
    }),
  },
  {
    kind: 'gemini',
    knowsAtOnce: true,
    agent(url, home) {
      mkdirSync(join(home, '.gemini'), { recursive: true });
      const settings = {
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
        security: { auth: { selectedType: 'gemini-api-key' } },
      };
      writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify(settings));
      return { model: 'gemini-2.5-pro', set: { GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: url } };
    },
  },
  {
    kind: 'opencode',
    knowsAtOnce: false,
    agent(url, home) {
      const file = join(home, 'opencode.json');
      const provider = { anthropic: { options: { baseURL: `${url}/v1`, apiKey: 'none' } } };
      writeFileSync(file, JSON.stringify({ provider, permission: 'allow' }));
      return {
        model: 'anthropic/claude-sonnet-4-5',
        set: { OPENCODE_CONFIG: file, OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' },
      };
    },
  },
];

const searched = [process.env.SIGNALBOX_REAL_CLIS ?? '', process.env.PATH ?? ''].join(delimiter);
const placeOf = ({ kind }: RealCli) => findProgram(kind, searched).path;

const missing = clis.filter(cli => placeOf(cli) === null).map(({ kind }) => kind);
if (missing.length > 0) {
  console.warn(`NOT TESTED with the real ${missing.join(', ')}: not on the PATH, nor in SIGNALBOX_REAL_CLIS.`);
}

const perAnswer = tokensPerTurn.input + tokensPerTurn.output;
const work: Turn = { run: 'mkdir -p docs/work-items/ET-1 && echo done > docs/work-items/ET-1/note.md && sleep 1' };
const pipeline = quickStage(
  { permanentAttempts: 1, timeLimit: '2m' },
  {
    gates: [{ kind: 'artifacts', name: 'note', files: ['note.md'], need: 'all' }],
    rework: { limit: 0, otherwise: 'person' },
  },
);

async function makeRealStage(cli: RealCli, script: (request: number) => Turn, budget: ConfigSource['budget'] = {}) {
  const model: ScriptedModel = await startScriptedModel(script);
  onTestFinished(() => model.close());
  const stage = await makeStage();
  // Codex does not run commands with a home below the place for temporary files.
  const home = mkdtempSync('/var/tmp/signalbox-test-');
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const agent = { program: [placeOf(cli)!], ...cli.agent(model.url, home) };
  stage.configure({ agent: cli.kind, agents: { [cli.kind]: agent }, budget, preflight: { timeLimit: '30s' } });
  const begin = (args: string[]) => stage.begin(args, { HOME: home });
  return {
    ...stage,
    model,
    start: () => begin([...stage.newTask(), '--pipeline', stage.pipeline(pipeline)]),
    goOn: () => begin(['run', '--repo', stage.repository, '--id', 'ET-1']),
    used: async () => totalTokens((await stage.agentRun()).usage),
  };
}

describe.each(clis)('the real $kind', cli => {
  test.skipIf(placeOf(cli) === null)('does the work, and every token of it is counted', async () => {
    const stage = await makeRealStage(cli, request => (request === 1 ? work : { say: 'Done.' }));
    const { code, stdout, stderr } = await stage.start();
    expect(code, stdout + stderr).toBe(0);
    expect(await stage.git(['ls-tree', '-r', '--name-only', 'feature/ET-1-fix-the-totals'])).toContain('note.md');
    // Some ask helper models beside the work.
    expect(await stage.used()).toBeGreaterThanOrEqual(2 * perAnswer);
  });

  test.skipIf(placeOf(cli) === null)('is stopped at its limit of tokens while it works', async () => {
    const stage = await makeRealStage(cli, () => ({ run: 'sleep 2' }), { run: { tokens: 3 * perAnswer } });
    const { code, stdout, stderr } = await stage.start();
    expect(code, stdout + stderr).toBe(3);
    expect(await stage.agentRun()).toMatchObject({ outcome: 'budget' });
    // The answer that reaches the limit, and the one that may be under way when that is seen.
    expect(stage.model.asked).toBeLessThanOrEqual(5);
    expect(await stage.used()).toBeGreaterThanOrEqual(3 * perAnswer);
  });

  test.skipIf(placeOf(cli) === null)(
    'is interrupted in a tool and goes on: nothing is lost, nothing counted twice',
    async () => {
      const stage = await makeRealStage(cli, request =>
        request === 1
          ? { run: 'echo begun > begun.txt' }
          : request === 2
            ? { run: 'touch waits && sleep 600' }
            : request === 3
              ? work
              : { say: 'Done.' },
      );
      const running = stage.start();
      await vi.waitUntil(() => stage.model.asked === 2, { ...poll, timeout: 120_000 });
      await vi.waitUntil(() => existsSync(join(stage.worktree, 'waits')), poll);
      running.kill('SIGINT');
      await running;
      const known = cli.knowsAtOnce ? 2 : 1;
      // Of Claude's answers the input: the output is known at the end of a turn.
      expect(await stage.used()).toBeGreaterThanOrEqual(known * tokensPerTurn.input);
      const { code, stdout, stderr } = await stage.goOn();
      expect(code, stdout + stderr).toBe(0);
      const run = await stage.agentRun();
      expect(run).toMatchObject({ outcome: 'succeeded', attempt: 2 });
      expect(stage.model.asked).toBe(4);
      expect(await stage.used()).toBeGreaterThanOrEqual((known + 2) * tokensPerTurn.input);
      expect(await stage.used()).toBeLessThan(7 * perAnswer);
    },
  );
});
