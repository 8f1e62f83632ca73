import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files of these take longest, whatever their size: begun last, one of them would keep everybody waiting at the end. */
const slow = ['test/chaos/', 'test/e2e/demo.', 'test/conformance/', 'test/soak/', 'test/e2e/', 'test/harness/'];

/** Starts the slow test files first; without a record of earlier times vitest goes by their size. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = slow.findIndex((part) => moduleId.includes(part));
  return rank === -1 ? slow.length : rank;
}
