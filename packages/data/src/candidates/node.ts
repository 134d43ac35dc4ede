// Candidate files, for Node: loaded when the first one is read or written.
export { readCandidates, writeCandidates } from './candidate-file.js';
