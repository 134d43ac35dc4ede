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

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
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
