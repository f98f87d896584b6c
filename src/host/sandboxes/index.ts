/** Every sandbox there is. */
import type { SandboxDriver } from '../../domain/agent-spec.ts';
import type { Sandbox } from '../sandbox.ts';
import { bubblewrap } from './bubblewrap.ts';
import { docker } from './docker.ts';
import { none } from './none.ts';

export const sandboxes: Record<SandboxDriver, Sandbox> = { none, bubblewrap, docker };
