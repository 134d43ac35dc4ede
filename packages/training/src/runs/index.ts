// A training run on disk, in Node: settings, log and checkpoints that survive kills and damage.
export type { Checkpoint } from './checkpoint.js';
export { assertSameRun, describeRun, type RunConfig, settingsOf } from './run-config.js';
export { fingerprintOf, type LatestCheckpoint, type RefusedCheckpoint, RunDirectory } from './run-directory.js';
