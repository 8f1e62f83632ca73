import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { closingLine } from './test/rig/closing-line.ts';
import { SlowFirst } from './test/rig/slow-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    setupFiles: ['test/rig/setup.ts'],
    reporters: ['default', closingLine()],
    sequence: { sequencer: SlowFirst },
    pool: 'forks',
    // Tests wait for other processes for a third of their time. Left alone, vitest would even keep one core free.
    maxWorkers: availableParallelism() + 1,
    // A second, which it is left alone, is over before a process has started on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
