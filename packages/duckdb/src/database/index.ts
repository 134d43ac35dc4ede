// DuckDB: opening a database, running statements, and its errors as ours.
// Imports sql.
export { Database } from './database.js';
