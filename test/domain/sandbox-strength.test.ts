import { expect, test } from 'vitest';
import { noSandbox, type SandboxSpec, weakerThan } from '../../src/domain/agent-spec.ts';

const box = (more: Partial<SandboxSpec> = {}): SandboxSpec => ({
  ...noSandbox,
  driver: 'bubblewrap',
  network: false,
  ...more,
});
const home = { path: '/home/ann', isWritable: false };

test('a sandbox is weaker that lets more through, and each thing more is said', () => {
  expect(weakerThan(noSandbox, box())).toEqual(['none instead of bubblewrap']);
  expect(weakerThan(box(), box({ driver: 'docker' }))).toEqual(['bubblewrap instead of docker']);
  expect(weakerThan(box({ network: true, mounts: [home] }), box())).toEqual([
    'the network can be reached',
    '/home/ann is readable',
  ]);
  expect(weakerThan(box({ mounts: [{ ...home, isWritable: true }] }), box({ mounts: [home] }))).toEqual([
    '/home/ann is writable',
  ]);
});

test('one that lets through the same or less is not', () => {
  expect(weakerThan(box(), box())).toEqual([]);
  expect(weakerThan(box(), box({ network: true, mounts: [home] }))).toEqual([]);
  expect(weakerThan(box({ driver: 'docker' }), box())).toEqual([]);
  expect(weakerThan(noSandbox, noSandbox)).toEqual([]);
  const container = box({ driver: 'docker', image: 'a:1', cpus: 2, memoryMb: 512 });
  expect(weakerThan(container, container)).toEqual([]);
  expect(weakerThan({ ...container, cpus: 1, memoryMb: 256 }, container)).toEqual([]);
  expect(weakerThan({ ...container, image: 'b:1', cpus: null, memoryMb: 1_024 }, container)).toEqual([
    'another image, b:1',
    'more processors may be used',
    'more memory may be used',
  ]);
});
