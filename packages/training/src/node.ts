// Run directories: for Node alone.
export { type Checkpoint, fingerprintOf, type RefusedCheckpoint, type RunConfig, RunDirectory } from './runs/index.js';
