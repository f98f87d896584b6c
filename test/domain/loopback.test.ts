import { expect, test } from 'vitest';
import { isLoopback } from '../../src/domain/loopback.ts';

test('only what is this machine is loopback, however it is written', () => {
  for (const host of ['localhost', '::1', '127.0.0.1', '127.1', '127.255.0.9', '::ffff:127.0.0.1']) {
    expect([host, isLoopback(host)]).toEqual([host, true]);
  }
  for (const host of [
    '127.example.org',
    '127.0.0.1.example.org',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '',
    undefined,
  ]) {
    expect([host, isLoopback(host)]).toEqual([host, false]);
  }
});
