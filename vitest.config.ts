import { defineConfig } from 'vitest/config';
import { closingLine } from './test/rig/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    setupFiles: ['test/rig/setup.ts'],
    reporters: ['default', closingLine()],
    pool: 'forks',
    // Left alone, vitest keeps one core free, which on two cores is half of them.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
