import { defineConfig } from 'vitest/config';

// The configuration of `npm run fuzz`: no practical timeout, and runs of properties are counted.
export default defineConfig({
  test: {
    name: 'fuzz',
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    isolate: false,
    setupFiles: ['test/support/count-fuzz-runs.ts'],
    testTimeout: 3_600_000,
  },
});
