import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Workspace packages resolve to their sources, so tests need no build. */
const source = {
  resolve: { conditions: ['parley-source'] },
  ssr: { resolve: { conditions: ['parley-source'] } },
};

/** What is polled for comes when it comes: vitest's one second would be a test of how fast the machine is. */
const patient = { poll: { timeout: 180_000 } };
/** Only what hangs is to be ended: a busy machine takes many times what an idle one does. */
const limits = { testTimeout: 600_000, hookTimeout: 600_000 };
const setupFiles = ['./scripts/patient-tests.ts', './scripts/stalled-tests.ts'];

export default defineConfig({
  ...source,
  test: {
    // Both cores of a small machine; vitest would leave one idle. A third process of tests makes no run shorter, and each test longer.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs'],
          exclude: ['**/*.servers.test.ts'],
          // The files of a worker share one process: modules, and databases in memory, are loaded once, which is most of the work
          // (docs/decisions/0012-unit-tests-share-processes-and-databases.md). No module keeps state, so no file can tell.
          isolate: false,
          ...limits,
          expect: patient,
          setupFiles,
        },
      },
      {
        ...source,
        test: {
          name: 'servers',
          include: ['packages/*/src/**/*.servers.test.ts', 'apps/*/src/**/*.servers.test.ts'],
          // As above: most of the work of such a file was to import everything again.
          isolate: false,
          ...limits,
          expect: patient,
          setupFiles,
          globalSetup: './packages/db/src/test-support/test-databases.ts',
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          // As above; and the files of a worker share one Chromium.
          isolate: false,
          ...limits,
          expect: patient,
          setupFiles,
        },
      },
    ],
  },
});
