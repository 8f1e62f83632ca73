import { defineConfig } from 'vitest/config';
import { closingLine } from './test/rig/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    setupFiles: ['test/rig/setup.ts'],
    reporters: ['default', closingLine()],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
