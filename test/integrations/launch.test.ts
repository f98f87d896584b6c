/** The command lines, each as it was measured to work. */
import { describe, expect, test } from 'vitest';
import type { LaunchRequest } from '../../src/integrations/agent-cli.ts';
import { agentClis } from '../../src/integrations/agents/index.ts';

const request = (over: Partial<LaunchRequest> = {}): LaunchRequest => ({
  program: ['agent'],
  access: 'write',
  isSandboxed: false,
  model: null,
  resume: null,
  promptFile: '/runs/1/prompt.md',
  gitDirs: ['/srv/repo/.git', '/srv/repo/.git/worktrees/wt'],
  maxTurns: null,
  maxCostUsd: null,
  extraArgs: [],
  ...over,
});

describe('claude', () => {
  const { launch } = agentClis.claude;

  test('writes with the four tools, prompt on standard input', () => {
    const { argv, stdin, env } = launch(request());
    expect(argv.join(' ')).toBe(
      'agent -p --permission-mode acceptEdits --allowedTools Bash,Read,Write,Edit --output-format stream-json --verbose',
    );
    expect(stdin).toBe('prompt');
    expect(env).toEqual({
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    });
  });

  test('reads with everything else denied', () => {
    const { argv } = launch(request({ access: 'read' }));
    expect(argv.slice(2, 6)).toEqual([
      '--permission-mode',
      'dontAsk',
      '--allowedTools',
      'Read,Bash(git log *),Bash(git diff *)',
    ]);
  });

  test('asks nobody in a sandbox of ours, not even as root', () => {
    const { argv, env } = launch(request({ isSandboxed: true }));
    expect(argv).toContain('bypassPermissions');
    expect(env.IS_SANDBOX).toBe('1');
  });

  test('passes model, session, budgets and extra arguments on', () => {
    const over = { model: 'opus', resume: 'abc', maxTurns: 12, maxCostUsd: 1.23456, extraArgs: ['--fork-session'] };
    expect(launch(request(over)).argv.slice(-9)).toEqual([
      '--model',
      'opus',
      '--resume',
      'abc',
      '--max-turns',
      '12',
      '--max-budget-usd',
      '1.2346',
      '--fork-session',
    ]);
    expect(launch(request({ maxCostUsd: 1e-9 })).argv.at(-1)).toBe('0.0001');
  });
});

describe('codex', () => {
  const { launch } = agentClis.codex;

  test('writes in its sandbox, to which the git directories are added', () => {
    const { argv, stdin } = launch(request());
    expect(argv.slice(0, 5)).toEqual(['agent', 'exec', '--json', '--sandbox', 'workspace-write']);
    expect(argv).toContain('sandbox_workspace_write.writable_roots=["/srv/repo/.git","/srv/repo/.git/worktrees/wt"]');
    expect([argv.at(-1), stdin]).toEqual(['-', 'prompt']);
  });

  test.each([
    { access: 'read', isSandboxed: false, sandbox: 'read-only' },
    { access: 'read', isSandboxed: true, sandbox: 'danger-full-access' },
    { access: 'write', isSandboxed: true, sandbox: 'danger-full-access' },
  ] as const)('$access, sandboxed $isSandboxed: --sandbox $sandbox', ({ sandbox, ...over }) => {
    const { argv } = launch(request(over));
    expect(argv[argv.indexOf('--sandbox') + 1]).toBe(sandbox);
    expect(argv.join(' ')).not.toContain('writable_roots');
  });

  test('resumes a thread after all options, prompt still on standard input', () => {
    const { argv } = launch(request({ resume: 'thread-1', model: 'gpt', extraArgs: ['--skip-git-repo-check'] }));
    expect(argv.slice(-6)).toEqual(['-m', 'gpt', '--skip-git-repo-check', 'resume', 'thread-1', '-']);
  });
});

test('gemini works unasked when it writes, and has no such tools when it reads', () => {
  const { launch } = agentClis.gemini;
  const write = 'agent --output-format stream-json --approval-mode yolo --skip-trust -m flash';
  expect(launch(request({ model: 'flash' })).argv.join(' ')).toBe(write);
  expect(launch(request({ access: 'read' })).argv).toContain('default');
  expect(launch(request()).env.GEMINI_CLI_NO_RELAUNCH).toBe('true');
});

test('opencode approves by itself, and reads under explicit denials', () => {
  const { launch } = agentClis.opencode;
  const { argv, env } = launch(request({ model: 'anthropic/claude', resume: 'ses_1' }));
  expect(argv.join(' ')).toBe('agent run --format json --auto -m anthropic/claude --session ses_1');
  expect(env).not.toHaveProperty('OPENCODE_PERMISSION');
  expect(JSON.parse(launch(request({ access: 'read' })).env.OPENCODE_PERMISSION!)).toMatchObject({
    edit: 'deny',
    bash: { '*': 'deny' },
  });
});

test('aider and commands read the prompt from its file', () => {
  const { argv } = agentClis.aider.launch(request({ model: 'sonnet' }));
  expect(argv.join(' ')).toBe(
    'agent --yes-always --no-stream --no-pretty --no-check-update --message-file /runs/1/prompt.md --model sonnet',
  );
  expect(agentClis.command.launch(request({ program: ['sh', 'my agent.sh'], extraArgs: ['-x'] }))).toEqual({
    argv: ['sh', 'my agent.sh', '-x'],
    stdin: 'none',
    env: { SIGNALBOX_PROMPT_FILE: '/runs/1/prompt.md' },
  });
});

test.each([
  ['claude', '2.1.329 (Claude Code)\n', '2.1.329'],
  ['codex', 'codex-cli 0.169.0\n', '0.169.0'],
  ['gemini', '0.61.0\n', '0.61.0'],
  ['opencode', '1.18.33\n', '1.18.33'],
  ['aider', 'aider 0.86.1\n', '0.86.1'],
] as const)('%s tells its version', (kind, output, version) => {
  expect(agentClis[kind].preflight!.version.exec(output)?.[1]).toBe(version);
});
