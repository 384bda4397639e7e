import { defineConfig } from 'vitest/config';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `newswire needs Node.js 22.22 or later; this is ${process.version}. Run the tests with "npm test", which brings its own.\n`,
  );
  process.exit(2);
}

const servers = ['test/contract/**', 'test/integration/**', 'test/browser/**', 'test/system/**'];
/** Tests of one part over a real database, real processes or real sockets. */
const components = [
  'test/cli/*.test.ts',
  'test/cli/{commands,doctor,shared}/**/*.test.ts',
  'test/config/watch/**/*.test.ts',
  'test/fetch/**/*.test.ts',
  'test/runtime/worker-pool.test.ts',
  'test/server/**/*.test.ts',
  'test/store/**/*.test.ts',
  'test/web/{admin,comments,http,pages,shared,syndication}/**/*.test.{ts,tsx}',
];

/** Servers and browsers wait for each other most of the time, so there are more workers than cores. */
const waiting = { pool: 'forks', maxWorkers: 4, testTimeout: 60_000, hookTimeout: 60_000 } as const;
const builtOnce = { globalSetup: ['test/support/build-once.ts'] };

export default defineConfig({
  test: {
    maxWorkers: 2,
    // Limits a test that hangs. It is no measure of speed: the machine may be busy.
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...servers, ...components],
          pool: 'threads',
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'component',
          include: components,
          pool: 'threads',
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...{ ...waiting, ...builtOnce },
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...{ ...waiting, ...builtOnce },
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Alone: it measures the event loop of the server.
        extends: true,
        test: {
          ...builtOnce,
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
