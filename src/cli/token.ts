/** `signalbox token …`: who may ask over a network. */
import { answers } from './command.ts';
import { dayTime, note, print, table } from './output.ts';

export const create = answers({
  operation: 'token.create',
  named: { role: '--role <role>' },
  examples: ['signalbox token create ci --role operator'],
  show({ name, role, token }) {
    print(token);
    note(`This is the token of ${name} (${role}); it is kept nowhere and cannot be shown again.`);
  },
});

export const list = answers({
  operation: 'token.list',
  examples: ['signalbox token list'],
  show({ items }) {
    if (items.length === 0) return print('There are no tokens; "signalbox token create NAME --role viewer" makes one.');
    const rows = items.map(({ name, role, holds, issuedBy, revokedBy, changedAt }) => [
      name,
      role,
      dayTime(changedAt),
      holds ? `issued by ${issuedBy}` : `revoked by ${revokedBy}`,
    ]);
    print(table(['TOKEN', 'ROLE', 'SINCE', ''], rows));
  },
});

export const revoke = answers({
  operation: 'token.revoke',
  examples: ['signalbox token revoke ci'],
  show: ({ name }) => print(`${name} lets nobody in any more.`),
});
