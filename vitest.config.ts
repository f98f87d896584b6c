import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Small files that take minutes: begun last, they would leave all other processors idle at the end. */
const long = ['/test/cases.test.ts', '/test/machines/second-opinion.test.ts'];
const isLong = ({ moduleId }: TestSpecification) => long.some(file => moduleId.endsWith(file));

/** Where no times of earlier runs are known the largest files come first; the long ones come before them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter(file => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real processes, real files: each file has a process of its own.
    pool: 'forks',
    // Most of their time they wait for processes: one worker for each processor, and none is left idle.
    maxWorkers: '100%',
    // Of those that may run beside each other, within a file.
    maxConcurrency: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
