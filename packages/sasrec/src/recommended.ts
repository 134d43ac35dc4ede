import type { DataCounts } from '@recsys/model';
import type { SASRecOptions } from './options.js';

/** The sizes of a SASRec that suit some data. */
export type RecommendedModel = Required<
  Pick<SASRecOptions, 'wiring' | 'maxLength' | 'hiddenUnits' | 'numBlocks' | 'numHeads' | 'dropoutRate'>
>;

/**
 * Returns the options of a SASRec that suit some data, by rules from its counts alone: `docs/recipe.md` has the rules, and the runs that led to
 * them. `recommendedFit` of `@recsys/training` does the same for training.
 *
 * @param counts of the train part of a split; `countData` of `@recsys/data` has them.
 * @example
 * const model = new SASRec({ ...recommendedModel(countData(split.train)), catalog: split.catalog });
 * await fit(model, split);
 */
export const recommendedModel = ({ items, interactions, longLength }: DataCounts): RecommendedModel => ({
  wiring: 'pre-norm',
  maxLength: Math.min(200, Math.max(50, 10 * Math.ceil(longLength / 10))),
  hiddenUnits: 128,
  numBlocks: 2,
  numHeads: interactions / Math.max(1, items) < 100 ? 1 : 2,
  dropoutRate: dropoutFor(interactions / Math.max(1, items)),
});

/** The fewer interactions an item has, the more of its vector has to be dropped: from 0.75 at 15 to 0.3 at 250, in a line over the logarithm. */
const dropoutFor = (perItem: number): number => {
  const share = Math.log(perItem / 15) / Math.log(250 / 15);
  return Math.round(100 * (0.75 - 0.45 * Math.min(1, Math.max(0, share)))) / 100;
};
