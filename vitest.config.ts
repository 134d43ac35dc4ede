import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/set-up-backend.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default leaves one core to the watcher, and takes twice as long on two.
    maxWorkers: '100%',
    // tfjs advises to install another backend whenever a test starts on `cpu`.
    onConsoleLog: (log) => !log.includes('install our node backend'),
    reporters: process.env.CI ? ['default', 'json'] : ['default'],
    outputFile: { json: 'test-report.json' },
  },
});
