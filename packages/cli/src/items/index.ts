// Tables of items: their titles for `explain`, `report` and `studio`, and the groups that colour a map.
export { openItemTable } from './item-table.js';
export { itemTableOptions } from './item-table-options.js';
