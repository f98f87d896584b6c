/** No sandbox: the program runs as the orchestrator's user and may do whatever that user may. */
import { SignalboxError } from '../../domain/errors.ts';
import type { Sandbox } from '../sandbox.ts';
import { unsupported } from './layout.ts';

export const none: Sandbox = {
  driver: 'none',
  check: async spec => unsupported(spec),
  wrap({ spec, argv, env }) {
    const problem = unsupported(spec);
    if (problem !== null) throw new SignalboxError('invalid', 'badSandbox', problem);
    return { argv: [...argv], env: { ...env } };
  },
  end: async () => {},
};
