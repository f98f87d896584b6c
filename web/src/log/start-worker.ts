/** Starts the reader of output. Under the policy of the page a script's address has to be vouched for: this one is ours. */
import address from './worker.ts?worker&url';

interface Vouching {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): string };
}

const { trustedTypes } = globalThis as { trustedTypes?: Vouching };

const policy = trustedTypes?.createPolicy('signalbox', {
  createScriptURL(given) {
    if (new URL(given, location.href).origin !== location.origin) throw new Error('this is no script of ours');
    return given;
  },
});

export const startWorker = (): Worker =>
  new Worker(policy?.createScriptURL(address) ?? address, { type: 'module', name: 'output' });
