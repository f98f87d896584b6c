/** Tests in the order that `mutate.ts` wishes, by their paths: what is quick and near comes first, and the first that fails is enough. */
import { relative } from 'node:path';
import { mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import usual from '../vitest.config.ts';

const order = (process.env.SIGNALBOX_TEST_ORDER ?? '').split('\n');
const last = order.length;

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = order.indexOf(relative(process.cwd(), moduleId));
      return rank < 0 ? last : rank;
    };
    return files.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

export default mergeConfig(usual, { test: { sequence: { sequencer: InOrder } } });
