/** aider. Written from its documentation; no run of it was recorded. */
import type { AgentCli, Launch, LaunchRequest } from '../agent-cli.ts';
import { createPlainTextReader } from './plain-text.ts';
import { aiderSignatures } from './signatures.ts';

export const aider: AgentCli = {
  kind: 'aider',
  provider: 'aider',
  program: 'aider',
  preflight: { args: ['--version'], version: /aider v?(\d+\.\d+\.\d+)/, minimum: '0.80.0' },
  canResume: false,
  compactsItself: false,
  isStructured: false,
  needsGitDirs: false,
  // Without streaming it prints nothing until the model has answered.
  silenceLimitMs: 15 * 60_000,
  launch,
  createReader: (_prices, model = null) => createPlainTextReader(aiderSignatures, model),
};

function launch({ program, access, model, promptFile, extraArgs }: LaunchRequest): Launch {
  const argv = [
    ...program,
    '--yes-always',
    '--no-stream',
    '--no-pretty',
    '--no-check-update',
    '--message-file',
    promptFile,
  ];
  // It answers questions in this mode and edits nothing.
  if (access === 'read') argv.push('--chat-mode', 'ask');
  if (model !== null) argv.push('--model', model);
  return { argv: [...argv, ...extraArgs], stdin: 'none', env: { AIDER_ANALYTICS: 'false' } };
}
