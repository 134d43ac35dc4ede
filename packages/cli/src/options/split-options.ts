import {
  leaveOneOut,
  type Split,
  type TemporalTarget,
  type TemporalValidation,
  temporalSplit,
  timeAtShare,
  type UserSequences,
  userIds,
} from '@recsys/data';
import { kebabCase, UsageError } from '../errors.js';
import type { GivenOptions, OptionSpecs } from './options.js';

/** Flags that say what is held out of training. */
export const splitOptions = {
  split: {
    flags: '--split <name>',
    help: 'what is held out: the last two items of each user, or all that happened after one time (default leave-one-out)',
    type: 'string',
    choices: ['leave-one-out', 'time'],
  },
  testShare: {
    flags: '--test-share <share>',
    help: 'with --split time: share of the interactions after the time, above 0 and below 1 (default 0.1)',
    type: 'number',
  },
  target: {
    flags: '--target <name>',
    help: 'with --split time: which item of a user after the time is tested (default last)',
    type: 'string',
    choices: ['last', 'first', 'random', 'each'] satisfies TemporalTarget[],
  },
  validateBy: {
    flags: '--validate-by <what>',
    help: 'with --split time: validate on users who are not trained on, on the time before, or on the last training item of each user (default user)',
    type: 'string',
    choices: ['user', 'time', 'last-item'] satisfies TemporalValidation['by'][],
  },
  newUsers: {
    flags: '--no-new-users',
    help: 'with --split time: do not test users who are not trained on',
    type: 'boolean',
  },
  debug: {
    flags: '--debug',
    help: 'use the first 100 users alone, and train for one epoch, to see that all works',
    type: 'boolean',
  },
} as const satisfies OptionSpecs;

/** How sequences were split; kept in a run's `config.json`. */
export type SplitOptions = GivenOptions<typeof splitOptions>;

/** Number of users with `--debug`. */
const debugUsers = 100;

const firstUsers = (sequences: UserSequences, count: number): UserSequences => {
  const offsets = sequences.offsets.subarray(0, count + 1);
  const size = offsets[offsets.length - 1];
  return {
    ...sequences,
    offsets,
    ends: sequences.ends.subarray(0, count),
    items: sequences.items.subarray(0, size),
    ...(sequences.timestamps && { timestamps: sequences.timestamps.subarray(0, size) }),
    users: userIds(sequences.users.ids.slice(0, count)),
  };
};

/** Returns the sequences that flags ask for. */
export const choose = (sequences: UserSequences, { debug = false }: SplitOptions): UserSequences =>
  debug ? firstUsers(sequences, debugUsers) : sequences;

/**
 * Returns sequences split as the flags say.
 * @throws {UsageError} on a flag of the split by time without it, or a share out of range.
 */
export const splitAs = (
  sequences: UserSequences,
  { split = 'leave-one-out', testShare, target, validateBy, newUsers }: SplitOptions,
): Split => {
  if (split === 'leave-one-out') {
    const given = Object.entries({ testShare, target, validateBy, newUsers }).find(([, value]) => value !== undefined);
    if (given !== undefined) throw new UsageError('usage', `--${kebabCase(given[0])} is for --split time`);
    return leaveOneOut(sequences);
  }
  if (sequences.timestamps === undefined)
    throw new UsageError('usage', '--split time needs times, and the data has none; name their column with --time');
  const share = testShare ?? 0.1;
  if (!(share > 0 && share < 1))
    throw new UsageError('usage', `--test-share must be above 0 and below 1, got ${share}`);
  return temporalSplit(sequences, {
    time: timeAtShare(sequences, 1 - share),
    target,
    newUsers,
    ...(validateBy !== undefined && { validation: { by: validateBy } }),
  });
};
