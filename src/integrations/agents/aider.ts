/** aider. Written from its documentation; no run of it was recorded. */
import { roundUsd, type Usage } from '../../domain/usage.ts';
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
  notes: null,
  tellsUsage: true,
  login: null,
  needsGitDirs: false,
  // Without streaming it prints nothing until the model has answered.
  silenceLimitMs: 15 * 60_000,
  launch,
  createReader: (_prices, model = null) => createPlainTextReader(aiderSignatures, model, aiderUsage()),
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
  // What it has used is on one line only where that is wide enough.
  return { argv: [...argv, ...extraArgs], stdin: 'none', env: { AIDER_ANALYTICS: 'false', COLUMNS: '500' } };
}

/** A line after each answer: `Tokens: 2.3k sent, 1.1k cache hit, 112 received. Cost: $0.0072 message, $0.02 session.` */
function aiderUsage() {
  let [sent, received] = [0, 0];
  let costUsd: number | null = null;
  return {
    read(line: string): void {
      const tokens = /^Tokens: ([\d.,]+[kM]?) sent,.{0,80}? ([\d.,]+[kM]?) received\./.exec(line);
      if (tokens !== null) [sent, received] = [sent + countIn(tokens[1]!), received + countIn(tokens[2]!)];
      const cost = /\bCost: \$([\d.]{1,12}) message, \$[\d.]{1,12} session\./.exec(line);
      if (cost !== null) costUsd = roundUsd((costUsd ?? 0) + Number(cost[1]));
    },
    // How much of it was cached cannot be told for every model: all of it counts as sent.
    total: (): Usage => ({
      ...{ inputTokens: sent, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: received },
      costUsd,
    }),
  };
}

const units: Record<string, number> = { k: 1_000, M: 1_000_000 };

function countIn(text: string): number {
  const count = Number(text.replaceAll(',', '').replace(/[kM]$/, '')) * (units[text.at(-1)!] ?? 1);
  return Number.isFinite(count) ? Math.round(count) : 0;
}
