export { DataError } from './errors.js';
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './id-map.js';
export { Rng } from './rng.js';
export type { EvaluationSet, SequenceBatch, Split, UserSequences } from './types.js';
