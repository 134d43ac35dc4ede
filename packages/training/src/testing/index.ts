// The tests that every model must pass, for its author to run: `@recsys/training/testing`.
export type { ConformanceOptions } from './checks.js';
export { describeSequentialModel, type TestRunner } from './describe-sequential-model.js';
