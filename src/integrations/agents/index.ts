/** Every agent's program that Signalbox can run. */
import type { AgentKind } from '../../domain/agent-spec.ts';
import type { AgentCli } from '../agent-cli.ts';
import { aider } from './aider.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { command } from './command.ts';
import { gemini } from './gemini.ts';
import { opencode } from './opencode.ts';

export const agentClis: Record<AgentKind, AgentCli> = { claude, codex, gemini, opencode, aider, command };
