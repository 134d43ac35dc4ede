// Preparing: from a source to a directory.
// Imports database, directory and sql.
export type { PrepareFilters, PrepareOptions, PrepareProgress } from './options.js';
export { prepare } from './prepare.js';
