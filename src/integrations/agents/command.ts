/** Any program. It reads the prompt from the file that SIGNALBOX_PROMPT_FILE names and ends with an exit code. */
import type { AgentCli } from '../agent-cli.ts';
import { createPlainTextReader } from './plain-text.ts';

export const command: AgentCli = {
  kind: 'command',
  provider: 'command',
  program: null,
  preflight: null,
  canResume: false,
  compactsItself: false,
  isStructured: false,
  notes: null,
  tellsUsage: false,
  login: null,
  needsGitDirs: false,
  silenceLimitMs: null,
  launch: ({ program, promptFile, extraArgs }) => ({
    argv: [...program, ...extraArgs],
    stdin: 'none',
    env: { SIGNALBOX_PROMPT_FILE: promptFile },
  }),
  // Nothing is read into what a program that we do not know says, not even on standard error.
  createReader: (_prices, model = null) => createPlainTextReader([], model),
};
