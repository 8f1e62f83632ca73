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
    // For what never ends: nothing is said about how fast it is. The real CLIs take half a minute to start on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
