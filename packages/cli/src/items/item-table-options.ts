import type { OptionSpecs } from '../options/index.js';

/** Flags of a table of items: what they are called. */
export const itemTableOptions = {
  items: {
    flags: '--items <file>',
    help: 'file of items with titles: CSV, TSV, JSON lines or Parquet (default: that of the run, if it was trained with one)',
    type: 'string',
  },
  itemId: {
    flags: '--item-id <column>',
    help: 'with --items: column of item ids (default: a common name)',
    type: 'string',
  },
  itemTitle: {
    flags: '--item-title <column>',
    help: 'with --items: column of titles (default: title or name)',
    type: 'string',
  },
} as const satisfies OptionSpecs;
