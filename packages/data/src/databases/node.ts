// The drivers, for Node. Loaded by the first query.
export { queryRows } from './query-rows.js';
