export type { RunConfig } from './runs/run-config.js';
export { fingerprintOf, type RefusedCheckpoint, RunDirectory } from './runs/run-directory.js';
