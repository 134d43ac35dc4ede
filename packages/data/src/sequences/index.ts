// Each user's items in time order, packed into typed arrays, and functions that
// read them.
// Imports table.
export { countData, type DataCounts } from './count-data.js';
export { countItems } from './count-items.js';
export { countTies } from './count-ties.js';
export { historyOf, historyTimesOf } from './history-of.js';
export type { HistoryTimes } from './history-times.js';
export { type ToSequencesOptions, toSequences } from './to-sequences.js';
export type { UserSequences } from './user-sequences.js';
