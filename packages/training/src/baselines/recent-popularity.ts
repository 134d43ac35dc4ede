import { timeAtShare, type UserSequences } from '@recsys/data';
import { assertKnownOptions } from '@recsys/errors';
import { type Scorer, scorerOfAllItems } from '@recsys/model';
import { TrainingError } from '../errors.js';

export interface RecentPopularityOptions {
  /** Interactions after this time count, in the unit of the source. Default: the time up to which 90 % of the training interactions lie. */
  since?: number | undefined;
}

/**
 * Returns a scorer that gives every history the same scores: how often each item occurred lately in the training sequences. Items that did not are
 * ordered by how often they occurred before. Where what is popular changes, it is much harder to beat than popularity at all times.
 *
 * @throws {TrainingError} `bad-option` on an unknown option, or when the sequences have no timestamps.
 * @example
 * const { metrics } = await evaluate(recentPopularityBaseline(split.train), split.test, { protocol: 'full' });
 */
export const recentPopularityBaseline = (train: UserSequences, options: RecentPopularityOptions = {}): Scorer => {
  assertKnownOptions('recentPopularityBaseline', options, ['since'], { ErrorClass: TrainingError });
  const { offsets, ends, items, timestamps, catalog } = train;
  if (timestamps === undefined)
    throw new TrainingError('bad-option', 'recentPopularityBaseline: needs timestamps, but the sequences have none');
  const since = options.since ?? timeAtShare(train, 0.9);
  const counts = new Float64Array(catalog.ids.length + 1);
  const earlier = 1 / (items.length + 1); // all earlier interactions together weigh less than one that is recent
  for (let user = 0; user < ends.length; user++) {
    for (let i = offsets[user]; i < ends[user]; i++) counts[items[i]] += timestamps[i] > since ? 1 : earlier;
  }
  return scorerOfAllItems(catalog.ids.length, () => counts);
};
