/** `signalbox lease …`: who may merge, and how to take that back. */
import { answers } from './command.ts';
import { print, table } from './output.ts';

export const list = answers({
  operation: 'lease.list',
  examples: ['signalbox lease list'],
  show({ leases }) {
    if (leases.length === 0) return print('There are no leases yet; the first task makes them.');
    const rows = leases.map(({ resource, holder, token, waiting }) => [
      resource,
      holder ?? 'free',
      String(token),
      waiting.join(', '),
    ]);
    print(table(['RESOURCE', 'HOLDER', 'TOKEN', 'WAITING'], rows));
  },
});

export const release = answers({
  operation: 'lease.release',
  examples: ['signalbox lease release merge:/srv/shop:main'],
  show: ({ resource, holder }) => print(`${resource} is ${holder === null ? 'free' : `held by ${holder} now`}.`),
});
