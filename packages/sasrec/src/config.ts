import { parseOptions } from '@recsys/errors';
import { type Id, widthOf } from '@recsys/model';
import { SASRecError } from './errors.js';
import { optionRules } from './option-rules.js';
import type { FeatureSizes, SASRecConfig, SASRecOptions } from './options.js';

/**
 * Returns options with the paper's defaults filled in.
 * @throws {SASRecError} naming the option and the value, for an unknown option or one out of range; `too-large` when the weights cannot be held.
 */
export const resolveConfig = <OwnId extends Id>(options: SASRecOptions<OwnId>): SASRecConfig<OwnId> => {
  const config = parseOptions<SASRecConfig>('SASRec', optionRules, options, {
    ErrorClass: SASRecError,
  }) as SASRecConfig<OwnId>;
  const { hiddenUnits, numHeads, numBlocks, catalog, features, sharedItemEmbedding } = config;
  if (features !== undefined && !sharedItemEmbedding)
    throw new SASRecError(
      'bad-option',
      'SASRec: features need sharedItemEmbedding, as scores use the same item vectors',
    );
  if (hiddenUnits % numHeads !== 0) {
    throw new SASRecError(
      'bad-option',
      `SASRec: hiddenUnits (${hiddenUnits}) must be divisible by numHeads (${numHeads})`,
    );
  }
  const weights = fewestWeights(config);
  if (weights > maxWeights) {
    throw new SASRecError(
      'too-large',
      `SASRec: hiddenUnits ${hiddenUnits} with ${numBlocks} blocks and ${catalog.ids.length} items make ${weights.toExponential(1)} weights; at most 2^30 (4 GiB) can be held`,
    );
  }
  return config;
};

/** Returns how many weights a SASRec has at least, features included: all but those of biases and layer norms. */
export const fewestWeights = ({
  catalog,
  hiddenUnits,
  numBlocks,
  maxLength,
  positions,
  sharedItemEmbedding,
  features,
  wiring,
  feedForwardUnits = (wiring === 'ligr' ? 4 : 1) * hiddenUnits,
  activation = wiring === 'ligr' ? 'swiglu' : 'relu',
}: SASRecConfig): number => {
  const rows = (catalog.ids.length + 1) * (sharedItemEmbedding ? 1 : 2) + (positions === true ? maxLength : 0);
  const squares = wiring === 'ligr' ? 6 : 3; // query, key and value; the output and both gates
  const perBlock = squares * hiddenUnits + (activation === 'swiglu' ? 3 : 2) * feedForwardUnits;
  return hiddenUnits * (rows + numBlocks * perBlock) + fewestOfFeatures(features, { hiddenUnits, catalog });
};

/** Returns how many numbers the features of a model have, with the weights that project them. */
const fewestOfFeatures = (
  features: FeatureSizes | undefined,
  { hiddenUnits, catalog }: Pick<SASRecConfig, 'hiddenUnits' | 'catalog'>,
): number => {
  if (features === undefined) return 0;
  const { columns, dense, numEntries } = features;
  const width = widthOf(dense);
  return hiddenUnits * (columns.length + width) + 2 * numEntries + (catalog.ids.length + 1) * (width + 1);
};

/** What fits in the 32-bit addresses of WebAssembly, as float32. */
const maxWeights = 2 ** 30;
