// A step in parts, which processes share: their gradients as bytes, added in order; what the processes agree on.
// Imports losses.
export type { Communicator } from './communicator.js';
export { checksumOf, Ranks } from './ranks.js';
export { type AgreedStop, StepParts } from './step-parts.js';
