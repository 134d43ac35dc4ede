import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long though they are small: whole programs, killed and started again. */
const long = /faults\.test|installed\.test|python-example|packages\/cli\//;

/** Runs long files first, so that no core waits for one of them at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => Number(long.test(b.moduleId)) - Number(long.test(a.moduleId)));
  }
}

/**
 * Tests of packages that keep nothing between calls: their files share the modules they load. Others have the backend of TensorFlow.js, or replace
 * modules, and load their own.
 */
const shared = 'packages/{bullmq,cli,data,duckdb,errors,metrics,report,studio}/src/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'shared', include: [shared], isolate: false } },
      {
        extends: true,
        test: { name: 'alone', include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'], exclude: [shared] },
      },
    ],
    setupFiles: ['test/set-up-backend.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default leaves one core to the watcher, and takes twice as long on two.
    maxWorkers: '100%',
    sequence: { sequencer: LongFirst },
    // tfjs advises to install another backend whenever a test starts on `cpu`.
    onConsoleLog: (log) => !log.includes('install our node backend'),
    reporters: process.env.CI ? ['default', 'json'] : ['default'],
    outputFile: { json: 'test-report.json' },
  },
});
