// The table of interactions that everything starts from, and the maps between
// the ids of your data and indices.
// Imports no other room.
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './id-map.js';
export { fromTable, type InteractionColumns, Interactions } from './interactions.js';
