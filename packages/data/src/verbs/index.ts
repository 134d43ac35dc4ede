// Functions that take interactions and return some of them, or a summary.
// Imports table.
export { deduplicate } from './deduplicate.js';
export { describeOrder, orderInWords } from './describe-order.js';
export { lengthRange, minRating, timeRange, topItems } from './filters.js';
export { type KCoreOptions, kCore } from './k-core.js';
export { type InteractionsSummary, summarize } from './summarize.js';
