// The items that an evaluation ranks: sampled, or read from a file.
// Imports splits, negatives, table and the line reader of read.
export { readCandidates, writeCandidates } from './candidate-file.js';
export {
  type CandidateOptions,
  type CandidateSampler,
  sampledCandidates,
  sampledPerItemCandidates,
} from './sampled-candidates.js';
