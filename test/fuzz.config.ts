import { defineConfig } from 'vitest/config';

// What `npm run fuzz` runs the property tests with: they take as long as they need, and their runs are counted.
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
