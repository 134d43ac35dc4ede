// Candidate files, for Node. Loaded when the first file is read or written.
export { readCandidates, writeCandidates } from './candidate-file.js';
