import type { GivenOptions, OptionSpecs } from './options.js';

/** Flags that say what is in a data file. */
export const dataOptions = {
  user: { flags: '--user <column>', help: 'column of user ids', type: 'string' },
  item: { flags: '--item <column>', help: 'column of item ids', type: 'string' },
  time: {
    flags: '--time <column>',
    help: 'column of times: ISO 8601, or numbers such as seconds since 1970; --no-time: rows of a user are in time order',
    type: 'string',
    canBeOff: true,
  },
  rating: { flags: '--rating <column>', help: 'column of ratings; reads them too', type: 'string' },
  format: {
    flags: '--format <name>',
    help: 'file format (default: detected from the content)',
    type: 'string',
    choices: [
      'text',
      'csv',
      'tsv',
      'movielens',
      'recbole',
      'amazon-ratings',
      'json',
      'jsonl',
      'python-literals',
      'parquet',
      'arrow',
    ],
  },
  entry: { flags: '--entry <name>', help: 'entry to read in a zip archive (default: the only one)', type: 'string' },
  onError: {
    flags: '--on-error <what>',
    help: 'what to do with a bad line (default throw)',
    type: 'string',
    choices: ['throw', 'skip'],
  },
  minRating: {
    flags: '--min-rating <n>',
    help: 'keep interactions with a rating of at least n (default: all)',
    type: 'number',
  },
  kCore: {
    flags: '--k-core <n>',
    help: 'keep users and items with at least n interactions (default: all)',
    type: 'number',
  },
  kCorePasses: {
    flags: '--k-core-passes <how>',
    help: 'repeat the k-core until nothing changes, or apply it once as in the paper (default until-stable)',
    type: 'string',
    choices: ['until-stable', 'single'],
  },
} as const satisfies OptionSpecs;

/** How a run's data file was read; kept in its `config.json`. */
export type DataOptions = GivenOptions<typeof dataOptions>;
